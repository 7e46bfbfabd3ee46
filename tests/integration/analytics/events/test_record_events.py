"""Events: once, of somebody known, in a month we have."""

from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import RFC_4122

import pytest
from django_tenants.utils import tenant_context

from analytics.events.contracts import IngestReport, NewEvent, month_bit
from analytics.events.models import CustomerStats, Event, EventKey, RejectedEvent
from analytics.events.services import record_events
from cvm_platform.common import clock
from tenants.customers.services import reserve_person_ids
from tenants.tenancy.models import Tenant

NOW = clock.now().replace(microsecond=0) - timedelta(hours=1)


@pytest.fixture
def buyer(acme: Tenant) -> int:
    return reserve_person_ids(1)[0]


def _record(*events: NewEvent, source: str = "site") -> IngestReport:
    return record_events(events=events, source=source)


def test_an_event_is_written_whole(buyer: int) -> None:
    report = _record(
        NewEvent(buyer, NOW, "product_view", 5, "Чай", 700, {"page": "/чай", "tab\t": 'a"\\b'})
    )
    assert report == IngestReport(received=1, added=1, customers=1)
    event = Event.objects.get()
    assert (event.customer_id, event.ts, event.kind, event.subject_id, event.category) == (
        buyer, NOW, "product_view", 5, "Чай",
    )  # fmt: skip
    assert (event.amount, event.properties, event.source) == (
        700, {"page": "/чай", "tab\t": 'a"\\b'}, "site",
    )  # fmt: skip


def test_a_key_makes_a_repetition_harmless_whatever_its_time(buyer: int) -> None:
    first = NewEvent(buyer, NOW, "visit", key="k1")
    retry = NewEvent(buyer, NOW + timedelta(minutes=5), "visit", key="k1")
    assert _record(first, retry).added == 1
    again = _record(retry, NewEvent(buyer, NOW, "visit", key="k2"))
    assert (again.added, again.repeated) == (1, 1)
    assert set(Event.objects.values_list("ts", flat=True)) == {NOW}
    assert _record(first, source="app").added == 1  # another source has its own keys
    assert EventKey.objects.count() == 3


def test_events_without_a_key_are_all_taken(buyer: int) -> None:
    event = NewEvent(buyer, NOW, "visit")
    assert _record(event, event).added == 2


def test_what_cannot_be_taken_is_kept_with_its_reason(buyer: int) -> None:
    report = _record(
        NewEvent(buyer + 1000, NOW, "visit"),
        NewEvent(buyer, NOW + timedelta(days=4000), "visit"),
        NewEvent(buyer, NOW, "order", amount=5),
        NewEvent(buyer, datetime(2026, 1, 1), "visit"),  # noqa: DTZ001 no zone on purpose
        NewEvent(buyer, NOW, "visit"),
    )
    assert report == IngestReport(
        received=5, added=1, customers=1,
        rejected={"unknown_customer": 1, "out_of_range": 1, "use_orders": 1, "no_time_zone": 1},
    )  # fmt: skip
    assert Event.objects.count() == 1
    kept = dict(RejectedEvent.objects.values_list("reason", "payload__customer_id"))
    assert kept == {
        "unknown_customer": buyer + 1000, "out_of_range": buyer, "use_orders": buyer,
        "no_time_zone": buyer,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "field", "is_active"),
    [
        ("visit", "last_visit_at", True),
        ("open", "last_open_at", True),
        ("click", "last_click_at", True),
        ("sent", "last_sent_at", False),
        ("bounce", None, False),
    ],
)
def test_rollups_keep_the_newest_time(
    buyer: int, kind: str, field: str | None, is_active: bool
) -> None:
    older = NOW - timedelta(days=40)
    _record(NewEvent(buyer, NOW, kind))
    _record(NewEvent(buyer, older, kind))
    stats = CustomerStats.objects.get(customer_id=buyer)
    fields = ("last_visit_at", "last_open_at", "last_click_at", "last_sent_at")
    assert {name: getattr(stats, name) for name in fields} == {
        name: NOW if name == field else None for name in fields
    }
    months = month_bit(NOW.date()) | month_bit(older.date())
    assert stats.active_months == (months if is_active else 0)
    assert stats.order_months == 0


def test_whatever_a_text_holds_comes_back(buyer: int) -> None:
    odd = 'a\tb\nc\rd\\e"f\\N,{}ё'
    many = [NewEvent(buyer, NOW, "view", category=odd, key=f"{odd}{n}") for n in range(200)]
    assert _record(*many, source=odd[:40]).added == 200
    assert set(Event.objects.values_list("category", "source")) == {(odd, odd[:40])}
    assert set(EventKey.objects.values_list("key", flat=True)) == {event.key for event in many}
    assert _record(*many, source=odd[:40]).repeated == 200


def test_ids_are_random_and_of_version_four(buyer: int) -> None:
    _record(*[NewEvent(buyer, NOW, "visit") for _number in range(500)])
    ids = set(Event.objects.values_list("event_id", flat=True))
    assert len(ids) == 500
    assert {(one.version, one.variant) for one in ids} == {(4, RFC_4122)}


@pytest.mark.parametrize("count", [3, 60, 400])
def test_a_batch_that_overlaps_an_earlier_one_adds_the_rest(buyer: int, count: int) -> None:
    events = [NewEvent(buyer, NOW, "view", key=f"k{number}") for number in range(count)]
    assert _record(*events[: count // 2]).added == count // 2
    report = _record(*events, *events[-1:])
    assert (report.added, report.repeated) == (count - count // 2, count // 2 + 1)
    assert Event.objects.count() == EventKey.objects.count() == count


@pytest.mark.parametrize("year", [1, 9999])
@pytest.mark.parametrize("hours", [-23, 23])
def test_the_ends_of_the_calendar_are_out_of_range(buyer: int, year: int, hours: int) -> None:
    zone = timezone(timedelta(hours=hours))
    first, last = datetime(year, 1, 1, tzinfo=zone), datetime(year, 12, 31, 23, tzinfo=zone)
    report = _record(NewEvent(buyer, first, "visit"), NewEvent(buyer, last, "visit"))
    assert report.rejected == {"out_of_range": 2}


def test_a_far_zone_is_the_same_moment(buyer: int) -> None:
    moment = NOW.astimezone(timezone(timedelta(hours=23)))
    assert _record(NewEvent(buyer, moment, "visit")).added == 1
    assert Event.objects.get().ts == CustomerStats.objects.get().last_visit_at == NOW


def test_a_month_already_known_leaves_the_rollup_alone(buyer: int) -> None:
    _record(NewEvent(buyer, NOW, "view"))
    before = CustomerStats.objects.values().get()
    _record(NewEvent(buyer, NOW, "view"), NewEvent(buyer, NOW, "add_to_cart"))
    assert CustomerStats.objects.values().get() == before
    _record(*[NewEvent(buyer, NOW - timedelta(days=40 * n), "view") for n in range(6)])
    months = [month_bit((NOW - timedelta(days=40 * n)).date()) for n in range(6)]
    assert CustomerStats.objects.get().active_months == sum(set(months))


def test_subscribers_hear_of_kinds_and_customers(
    buyer: int, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    heard: list[tuple[list[int], frozenset[str]]] = []
    monkeypatch.setattr(
        "analytics.events.services.notifying.subscribers",
        [lambda ids, kinds: heard.append((list(ids), kinds))],
    )
    with django_capture_on_commit_callbacks(execute=True):
        _record(NewEvent(buyer, NOW, "visit", key="k"), NewEvent(buyer, NOW, "open"))
    with django_capture_on_commit_callbacks(execute=True):
        _record(NewEvent(buyer, NOW, "visit", key="k"))
    assert heard == [([buyer], frozenset({"visit", "open"}))]


def test_the_neighbour_sees_nothing(buyer: int, beta: Tenant) -> None:
    _record(NewEvent(buyer, NOW, "visit", key="k"))
    with tenant_context(beta):
        assert Event.objects.count() == EventKey.objects.count() == 0
