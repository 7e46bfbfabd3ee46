"""Whatever is added, changed, moved and taken back: rollups equal a recomputation."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.events.contracts import NewEvent, NewLine, NewOrder
from analytics.events.models import CustomerStats, Event, Order
from analytics.events.services import rebuild_stats, record_events, record_orders
from cvm_platform.common import clock
from tenants.customers.services import reserve_person_ids
from tenants.tenancy.models import Tenant

START = (clock.now() - timedelta(days=700)).replace(hour=3, minute=0, second=0, microsecond=0)

moments = st.integers(0, 690 * 24).map(lambda hours: START + timedelta(hours=hours))
buyers = st.integers(0, 3)
lines = st.lists(
    st.builds(
        NewLine,
        product=st.sampled_from(["A", "B", "C", ""]),
        quantity=st.integers(-3, 5).filter(bool),
        price=st.integers(1, 10_000),
        cost=st.none() | st.integers(0, 500),
        category=st.sampled_from(["", "Tea", "Coffee"]),
    ),
    min_size=1,
    max_size=3,
)
orders = st.builds(
    lambda name, buyer, ts, lines, flags: (name, buyer, ts, lines, *flags),
    st.integers(1, 4).map(str), st.none() | buyers, moments, lines,
    st.tuples(st.sampled_from([None, None, True]), st.sampled_from(["paid", "paid", "cancelled"])),
)  # fmt: skip
events = st.builds(
    lambda buyer, ts, kind: (buyer, ts, kind),
    buyers, moments, st.sampled_from(["visit", "sent", "open", "click", "bounce"]),
)  # fmt: skip
steps = st.lists(st.lists(orders, max_size=4) | st.lists(events, max_size=4), max_size=6)


def _stats() -> dict[int, dict[str, Any]]:
    rows = {row["customer_id"]: row for row in CustomerStats.objects.values()}
    for row in rows.values():
        del row["updated_at"]
    return rows


def _play(step: list[tuple[Any, ...]], people: list[int]) -> None:
    if step and len(step[0]) == 3:
        record_events(
            events=[NewEvent(people[buyer], ts, kind) for buyer, ts, kind in step], source="t"
        )
        return
    record_orders(
        orders=[
            NewOrder(
                name, ts, lines, customer_id=None if buyer is None else people[buyer],
                is_return=is_return, status=status,
            )
            for name, buyer, ts, lines, is_return, status in step
        ],
        source="t",
    )  # fmt: skip


def _by_hand(customer_id: int) -> dict[str, Any]:
    """The same, told once more in Python, from the orders alone."""
    paid = list(Order.objects.filter(customer_id=customer_id, status="paid"))
    sales = [order for order in paid if order.kind == "sale"]
    return {
        "orders": len(sales), "returns": len(paid) - len(sales),
        "revenue": sum(order.revenue for order in paid),
        "margin": sum(order.margin for order in paid),
        "items": sum(order.items for order in paid),
        "first_order_at": min((order.ts for order in sales), default=None),
        "last_order_at": max((order.ts for order in sales), default=None),
    }  # fmt: skip


@settings(
    max_examples=40, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(steps=steps)
def test_rollups_equal_recomputation(acme: Tenant, steps: list[Any]) -> None:
    from django.db import transaction

    with transaction.atomic():
        people = reserve_person_ids(4)
        for step in steps:
            _play(step, people)
        kept = _stats()
        for customer_id, row in kept.items():
            assert {key: row[key] for key in _by_hand(customer_id)} == _by_hand(customer_id)
        rebuild_stats()
        assert _stats() == kept
        known = set(Event.objects.filter(kind__in=["order", "return"]).values_list(
            "subject_id", "customer_id", "ts", "amount"))  # fmt: skip
        assert known == set(
            Order.objects.filter(status="paid", customer_id__isnull=False).values_list(
                "id", "customer_id", "ts", "revenue"
            )
        )
        transaction.set_rollback(True)


def test_rebuilding_repairs_what_was_damaged(acme: Tenant) -> None:
    (buyer,) = reserve_person_ids(1)
    noon: datetime = START + timedelta(days=600)
    record_orders(orders=[NewOrder("1", noon, [NewLine("A", 1, 500)], buyer)], source="t")
    record_events(events=[NewEvent(buyer, noon, "open")], source="t")
    kept = _stats()
    CustomerStats.objects.update(revenue=1, orders=9, active_months=0, last_open_at=None)
    assert rebuild_stats() == 1
    assert _stats() == kept
