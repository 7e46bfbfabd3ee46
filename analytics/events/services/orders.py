"""Orders handed over by a program: the same stage and the same load as for files."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import transaction

from analytics.events.contracts import IngestReport, NewOrder
from analytics.events.services import staging
from analytics.events.services.loading import load_staged_orders
from analytics.events.services.quarantine import quarantine
from cvm_platform.common import bulk
from tenants.tenancy.selectors import current_tenant


def record_orders(
    *, orders: Sequence[NewOrder], source: str, make_customers: bool = False
) -> IngestReport:
    """Adds or replaces orders, all in one transaction; the same orders again change nothing.

    An order that appears twice is taken as it is last. An order of a `customer_id` that does not
    exist goes to quarantine; an unknown `customer` of the source makes an order of nobody unless
    `make_customers`.
    """
    current_tenant()
    last = {order.external_id: order for order in orders}
    with transaction.atomic():
        people = {order.customer_id for order in last.values() if order.customer_id is not None}
        known = {
            row[0]
            for row in bulk.fetch(
                "SELECT id FROM customers_person WHERE id = ANY(%s)", [list(people)]
            )
        }
        strangers = [
            order for order in last.values() if order.customer_id not in known
            and order.customer_id is not None
        ]  # fmt: skip
        taken = [
            order for order in last.values() if order.customer_id is None
            or order.customer_id in known
        ]  # fmt: skip
        quarantine(source, "unknown_customer", [(order, "") for order in strangers])
        staging.create_stage()
        bulk.copy_rows(staging.LINES, staging.LINE_COLUMNS, _line_rows(taken))
        bulk.copy_rows(staging.PRODUCTS, staging.PRODUCT_COLUMNS, _product_rows(taken))
        loaded = load_staged_orders(source=source, make_customers=make_customers)
    return IngestReport(
        received=len(orders), added=loaded.added, changed=loaded.changed,
        repeated=loaded.same + len(orders) - len(last), customers=loaded.customers,
        rejected={"unknown_customer": len(strangers)} if strangers else {},
        new_customers=loaded.new_customers,
    )  # fmt: skip


def _line_rows(orders: Sequence[NewOrder]) -> Iterator[tuple[Any, ...]]:
    row = 0
    for order in orders:
        for number, line in enumerate(order.lines, start=1):
            row += 1
            amount = line.quantity * line.price if line.amount is None else line.amount
            yield (
                row, number, order.external_id, order.ts, order.customer or None,
                order.customer_id, line.product or None, line.quantity, line.price, amount,
                line.discount, line.cost, order.is_return, order.status,
            )  # fmt: skip


def _product_rows(orders: Sequence[NewOrder]) -> Iterator[tuple[Any, ...]]:
    seen: set[tuple[str, str, str]] = set()
    for order in orders:
        for line in order.lines:
            key = (line.product, line.name, line.category)
            if line.product and key not in seen:
                seen.add(key)
                yield (len(seen), *key, None)
