"""Orders: replaced exactly, counted exactly, never half."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from analytics.events import registry
from analytics.events.contracts import FIRST_MONTH, IngestReport, NewLine, NewOrder, month_bit
from analytics.events.models import (
    CustomerStats,
    Event,
    Order,
    OrderLine,
    Product,
    RejectedEvent,
)
from analytics.events.services import apply_assumed_margin, record_orders
from cvm_platform.common import clock
from tenants.accounts.onboarding import change_settings
from tenants.accounts.services import SYSTEM
from tenants.customers.models import Customer
from tenants.customers.services import reserve_person_ids
from tenants.tenancy.models import Tenant

DAY = (clock.now() - timedelta(days=40)).replace(hour=12, minute=0, second=0, microsecond=0)


def _order(name: str, customer_id: int | None = None, **changes: Any) -> NewOrder:
    lines = changes.pop("lines", [NewLine("A", 2, 150, name="Чай", category="Чай")])
    return NewOrder(
        external_id=name, ts=changes.pop("ts", DAY), lines=lines, customer_id=customer_id, **changes
    )


def _record(*orders: NewOrder, **options: Any) -> IngestReport:
    return record_orders(orders=orders, source="shop", **options)


def test_an_order_is_written_with_lines_event_and_rollups(acme: Tenant) -> None:
    (buyer,) = reserve_person_ids(1)
    lines = [
        NewLine("A", 2, 150, name="Чай", category="Чай", cost=100),
        NewLine("B", 1, 1000, name="Кофе", category="Кофе", discount=50, cost=400),
    ]
    report = _record(_order("1", buyer, lines=lines))
    assert report == IngestReport(received=1, added=1, customers=1)
    order = Order.objects.get()
    assert (order.revenue, order.cost, order.margin, order.discount, order.items) == (
        1300, 500, 800, 50, 3,
    )  # fmt: skip
    assert order.is_margin_assumed is False
    assert list(
        OrderLine.objects.order_by("number").values_list("number", "quantity", "amount", "cost")
    ) == [(1, 2, 300, 100), (2, 1, 1000, 400)]
    event = Event.objects.get()
    assert (event.customer_id, event.ts, event.kind, event.subject_id, event.amount) == (
        buyer, DAY, "order", order.id, 1300,
    )  # fmt: skip
    assert event.event_id == order.public_id
    assert event.category == "Кофе"
    stats = CustomerStats.objects.get()
    assert (stats.orders, stats.revenue, stats.margin, stats.returns, stats.items) == (
        1, 1300, 800, 0, 3,
    )  # fmt: skip
    assert stats.first_order_at == stats.last_order_at == DAY
    assert stats.order_months == stats.active_months == month_bit(DAY.date())


def test_the_same_orders_again_change_nothing(acme: Tenant) -> None:
    (buyer,) = reserve_person_ids(1)
    orders = [_order("1", buyer), _order("2"), _order("3", buyer, ts=DAY + timedelta(days=1))]
    _record(*orders)
    kept = [
        list(model.objects.order_by("pk").values())
        for model in (Order, OrderLine, Event, CustomerStats, Product)
    ]
    report = _record(*orders, orders[0])
    assert report == IngestReport(received=4, added=0, repeated=4)
    assert [
        list(model.objects.order_by("pk").values())
        for model in (Order, OrderLine, Event, CustomerStats, Product)
    ] == kept


def test_a_changed_order_is_replaced_and_the_rollups_follow(acme: Tenant) -> None:
    first, second = reserve_person_ids(2)
    _record(_order("1", first), _order("2", first, ts=DAY + timedelta(days=35)))
    moved = _order("2", second, ts=DAY - timedelta(days=70), lines=[NewLine("B", 1, 700)])
    assert _record(_order("1", first), moved) == IngestReport(
        received=2, added=0, changed=1, repeated=1, customers=2
    )
    assert OrderLine.objects.count() == 2
    assert set(Event.objects.values_list("customer_id", "ts", "amount")) == {
        (first, DAY, 300), (second, moved.ts, 700),
    }  # fmt: skip
    stats = CustomerStats.objects.in_bulk()
    assert (stats[first].orders, stats[first].revenue) == (1, 300)
    assert stats[first].active_months == stats[first].order_months == month_bit(DAY.date())
    assert (stats[second].orders, stats[second].first_order_at) == (1, moved.ts)


def test_one_changed_line_is_seen(acme: Tenant) -> None:
    (buyer,) = reserve_person_ids(1)
    _record(_order("1", buyer, lines=[NewLine("A", 1, 100), NewLine("B", 1, 200)]))
    swapped = _order("1", buyer, lines=[NewLine("A", 1, 200), NewLine("B", 1, 100)])
    assert _record(swapped).changed == 1
    assert list(OrderLine.objects.order_by("number").values_list("amount", flat=True)) == [200, 100]


def test_a_return_is_negative_however_it_was_written(acme: Tenant) -> None:
    (buyer,) = reserve_person_ids(1)
    _record(
        _order("1", buyer),
        _order("C1", buyer, lines=[NewLine("A", -1, 150)]),
        _order("C2", buyer, lines=[NewLine("A", 1, 150)], is_return=True),
    )
    assert list(Order.objects.order_by("id").values_list("kind", "revenue", "items")) == [
        ("sale", 300, 2), ("return", -150, -1), ("return", -150, -1),
    ]  # fmt: skip
    stats = CustomerStats.objects.get()
    assert (stats.orders, stats.returns, stats.revenue, stats.items) == (1, 2, 0, 0)
    assert set(Event.objects.values_list("kind", "amount")) == {("order", 300), ("return", -150)}


def test_a_sale_with_one_line_given_back_stays_a_sale(acme: Tenant) -> None:
    _record(_order("1", lines=[NewLine("A", 3, 100), NewLine("B", -1, 50)]))
    assert list(Order.objects.values_list("kind", "revenue")) == [("sale", 250)]


def test_an_order_of_nobody_counts_in_totals_and_belongs_to_no_one(acme: Tenant) -> None:
    report = _record(_order("1"), _order("2", customer="unknown"))
    assert report.added == 2
    assert list(Order.objects.values_list("customer_id", flat=True)) == [None, None]
    assert Event.objects.count() == CustomerStats.objects.count() == Customer.objects.count() == 0


def test_unknown_ids_of_the_source_become_customers_when_asked(acme: Tenant) -> None:
    orders = [_order("1", customer="u1"), _order("2", customer="u2"), _order("3", customer="u1")]
    report = _record(*orders, make_customers=True)
    assert (report.new_customers, report.customers) == (2, 2)
    assert Customer.objects.count() == 2
    assert _record(*orders, make_customers=True).new_customers == 0


def test_a_customer_that_does_not_exist_goes_to_quarantine(acme: Tenant) -> None:
    report = _record(_order("1", 999), _order("2"))
    assert report == IngestReport(received=2, added=1, rejected={"unknown_customer": 1})
    rejected = RejectedEvent.objects.get()
    assert (rejected.reason, rejected.source, rejected.payload["external_id"]) == (
        "unknown_customer", "shop", "1",
    )  # fmt: skip


def test_a_cancelled_order_is_kept_and_counted_nowhere(acme: Tenant) -> None:
    (buyer,) = reserve_person_ids(1)
    _record(_order("1", buyer))
    _record(_order("1", buyer, status="cancelled"))
    assert Order.objects.get().status == "cancelled"
    assert Event.objects.count() == 0
    stats = CustomerStats.objects.get()
    assert (stats.orders, stats.revenue, stats.first_order_at) == (0, 0, None)
    assert stats.active_months == 0


def test_without_a_cost_the_margin_is_assumed_and_marked(acme: Tenant) -> None:
    Tenant.objects.filter(pk=acme.pk).update(assumed_margin_bp=4000)
    acme.assumed_margin_bp = 4000
    (buyer,) = reserve_person_ids(1)
    _record(_order("1", buyer, lines=[NewLine("A", 1, 1000, cost=300), NewLine("B", 1, 500)]))
    order = Order.objects.get()
    assert (order.cost, order.margin, order.is_margin_assumed) == (None, 600, True)
    acme.assumed_margin_bp = 2000
    assert apply_assumed_margin() == 1
    assert Order.objects.get().margin == 300
    assert CustomerStats.objects.get().margin == 300
    assert apply_assumed_margin() == 0


def test_another_assumption_in_the_settings_counts_the_orders_again(
    acme: Tenant, django_capture_on_commit_callbacks: Any
) -> None:
    (buyer,) = reserve_person_ids(1)
    _record(_order("1", buyer, lines=[NewLine("A", 1, 1000)]))
    assert Order.objects.get().margin == 0
    values = {"name": acme.name, "legal_name": "", "address": "", "timezone": acme.timezone}
    with django_capture_on_commit_callbacks(execute=True):
        change_settings(tenant=acme, by=SYSTEM, assumed_margin_bp=3500, **values)
    assert (Order.objects.get().margin, CustomerStats.objects.get().margin) == (350, 350)
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        change_settings(tenant=acme, by=SYSTEM, assumed_margin_bp=3500, **{**values, "name": "A"})
    assert callbacks == []


def test_the_cost_of_the_product_fills_in(acme: Tenant) -> None:
    Product.objects.create(external_id="A", name="Чай", cost=40)
    _record(_order("1", lines=[NewLine("A", 3, 100)]))
    order = Order.objects.get()
    assert (order.cost, order.margin, order.is_margin_assumed) == (120, 180, False)


def test_years_ago_gets_its_month_and_no_bit(acme: Tenant) -> None:
    (buyer,) = reserve_person_ids(1)
    long_ago = datetime(2011, 5, 5, tzinfo=UTC)
    assert long_ago.date() < FIRST_MONTH
    _record(_order("1", buyer, ts=long_ago))
    assert Event.objects.get().ts == long_ago
    assert CustomerStats.objects.get().order_months == 0


def test_subscribers_hear_on_commit_inside_the_tenant(
    acme: Tenant, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    heard: list[tuple[list[int], frozenset[str], int]] = []
    monkeypatch.setattr(
        registry, "subscribers",
        [lambda ids, kinds: heard.append((list(ids), kinds, Order.objects.count()))],
    )  # fmt: skip
    monkeypatch.setattr("analytics.events.services.notifying.subscribers", registry.subscribers)
    (buyer,) = reserve_person_ids(1)
    with django_capture_on_commit_callbacks(execute=True):
        _record(_order("1", buyer), _order("2"))
        assert heard == []
    assert heard == [([buyer], frozenset({"order", "return"}), 2)]


def test_the_neighbour_sees_nothing(acme: Tenant, beta: Tenant) -> None:
    _record(_order("1", customer="u1"), make_customers=True)
    with tenant_context(beta):
        assert Order.objects.count() == Customer.objects.count() == Product.objects.count() == 0
