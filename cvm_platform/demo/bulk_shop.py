"""The simulated shop straight into the final tables: for benchmarks of a million customers.

The product's own doors are right and slower; here COPY writes what they would have written, and
the rollups come from the product's own statement. Only for a tenant with nobody in it.
"""

import numpy as np
from django.db import transaction

from analytics.events.partitions import ensure_partitions
from analytics.events.services import rebuild_stats
from cvm_platform.common import bulk
from cvm_platform.common.errors import Conflict
from cvm_platform.demo import bulk_tables as tables
from cvm_platform.demo.bulk_contacts import Sealer
from cvm_platform.demo.coffee import CoffeeShop, Orders
from cvm_platform.demo.coffee.block import Block
from cvm_platform.demo.consents import Backing, ensure_backing
from cvm_platform.demo.copying import copy_columns
from cvm_platform.demo.progress import Progress
from tenants.tenancy.models import Tenant

_SEQUENCES = ("customers_person", "events_order", "events_product", "events_category")
_REPORT_EVERY = 20  # blocks


def load_shop(
    shop: CoffeeShop, tenant: Tenant, progress: Progress, *, has_contacts: bool = True
) -> None:
    """Loads the whole history, with no campaign in it; a customer's id is its number.

    Args:
        has_contacts: seals names and addresses; without, permissions belong to addresses that
            nobody has, and nothing can be sent.

    Raises:
        Conflict: somebody is in the tenant already.
    """
    if bulk.fetch("SELECT 1 FROM customers_person LIMIT 1"):
        raise Conflict("This company has customers already: a shop is generated into an empty one.")
    last_day = shop.calendar.today
    ensure_partitions(shop.calendar.begin, last_day)
    sealer = Sealer(tenant) if has_contacts else None
    backing = ensure_backing(tenant, "demo")
    _copy_all(tables.products(shop))
    with progress.stage("tables") as note:
        loaded = 0
        for block in shop.blocks():
            with transaction.atomic():
                _load_block(shop, block, sealer, backing)
            loaded += len(block.customer_no)
            if (block.index + 1) % _REPORT_EVERY == 0:
                progress.say(f"  {loaded:,} customers")
        note.text = f"{loaded:,} customers"
    with progress.stage("rollups") as note, transaction.atomic():
        note.text = f"{rebuild_stats():,} rows"
    with progress.stage("statistics"):
        _finish()


def _load_block(shop: CoffeeShop, block: Block, sealer: Sealer | None, backing: Backing) -> None:
    people = block.people
    _copy_all(tables.people(people, seed=shop.seed))
    hmacs: dict[str, bytes] = {} if sealer is None else sealer.write(people)
    _copy_all(tables.consents(block.consents, hmacs, backing, seed=shop.seed))
    _copy_all(tables.orders(block.base, shop))
    _copy_all(tables.order_events(block.base, shop))
    _copy_all(tables.events(block.events, shop))


def _copy_all(found: tables.Tables) -> None:
    for table, columns in found:
        copy_columns(table, columns)


def _finish() -> None:
    for table in _SEQUENCES:
        bulk.run(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), "
            f"(SELECT coalesce(max(id), 1) FROM {table}))"
        )
    bulk.run("ANALYZE")


def counts(shop: CoffeeShop) -> tuple[int, int, int]:
    """Orders, lines and events that `load_shop` writes (orders of customers are events too)."""
    orders = lines = events = 0
    for block in shop.blocks():
        base: Orders = block.base
        orders += len(base)
        lines += len(base.lines["order_no"])
        events += len(block.events["at"]) + int(np.count_nonzero(base.orders["customer_no"]))
    return orders, lines, events
