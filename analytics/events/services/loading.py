"""From the stage into the final tables: products, customers, orders, lines, events, rollups.

All of it is set-based SQL in the caller's transaction, and writing the same stage again changes
nothing: an order is compared with what is kept, line by line, and replaced only when it differs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from analytics.events.contracts import ORDER_KINDS
from analytics.events.partitions import ensure_months
from analytics.events.services import loading_sql as sql
from analytics.events.services import stats
from analytics.events.services.notifying import tell_subscribers
from analytics.events.services.staging import gather_orders
from cvm_platform.common import bulk
from tenants.customers.services import link_customers
from tenants.tenancy.selectors import current_tenant

_LOCK = "orders"


@dataclass(frozen=True, slots=True)
class LoadedOrders:
    """What a load changed. `same` orders were known and did not differ."""

    added: int
    changed: int
    same: int
    lines: int
    events: int
    new_customers: int
    customers: int  # whose rollups were computed anew
    products: int  # new or renamed


def load_staged_orders(
    *, source: str, gathered: bool = False, make_customers: bool = True
) -> LoadedOrders:
    """Loads what the stage holds, in one transaction with the stage itself.

    Args:
        source: the system whose order and customer ids these are.
        gathered: `staging.gather_orders` ran already, for a report.
        make_customers: unknown customer ids become customers; otherwise the order has none.
    """
    tenant = current_tenant()
    with transaction.atomic():
        bulk.lock_tenant(_LOCK)
        for name in sql.STAGES:  # of an earlier load in the same transaction
            bulk.run(f"DROP TABLE IF EXISTS pg_temp.{name}")
        if not gathered:
            gather_orders()
        bulk.run(sql.CATEGORIES)
        products = bulk.run(sql.PRODUCTS)
        bulk.run(sql.PEOPLE)
        new_customers = link_customers(
            table="stage_customer", source=source, make_unknown=make_customers
        )
        if bulk.fetch(sql.HAS_COSTS):
            bulk.run(sql.COSTS)
        bulk.run(sql.PLAN, {"margin": tenant.assumed_margin_bp or 0, "source": source})
        bulk.run("CREATE UNIQUE INDEX ON stage_plan (ext)")
        bulk.run("ANALYZE stage_plan")
        added, known = bulk.fetch(sql.PLAN_COUNTS)[0]
        same = _set_unchanged_aside() if known else 0
        lines, events = _write(source, replaced=known - same)
        touched = _refresh(replaced=known - same)
    tell_subscribers(touched, frozenset(ORDER_KINDS))
    return LoadedOrders(
        added=added, changed=known - same, same=same, lines=lines, events=events,
        new_customers=new_customers, customers=len(touched), products=products,
    )  # fmt: skip


def _set_unchanged_aside() -> int:
    bulk.run(sql.DIFFERENT)
    return bulk.run(sql.MARK_SAME)


def _write(source: str, *, replaced: int) -> tuple[int, int]:
    """Orders, lines and events of the plan; returns how many lines and events."""
    if replaced:
        bulk.run(sql.DROP_OLD_EVENTS)
        bulk.run(sql.DROP_OLD_LINES)
        bulk.run(sql.UPDATE_ORDERS)
    bulk.run(sql.INSERT_ORDERS, [source])
    lines = bulk.run(sql.INSERT_LINES)
    ensure_months(row[0] for row in bulk.fetch(sql.EVENT_MONTHS))
    bulk.run(sql.TOP_CATEGORIES)
    return lines, bulk.run(sql.INSERT_EVENTS, [source])


def _refresh(*, replaced: int) -> Sequence[int]:
    bulk.run(sql.TOUCHED)
    bulk.run("ANALYZE stage_touched")
    if replaced:
        stats.hold_event_counting()
    stats.refresh_order_stats("stage_touched")
    if replaced:
        stats.refresh_active_months("stage_touched")
    return [row[0] for row in bulk.fetch("SELECT customer_id FROM stage_touched ORDER BY 1")]
