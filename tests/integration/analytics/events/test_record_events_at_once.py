"""Two who record at the same time: real transactions of two connections."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from django_tenants.utils import schema_context

from analytics.events.contracts import NewEvent, NewLine, NewOrder, month_bit
from analytics.events.models import CustomerStats, Event, EventKey
from analytics.events.services import record_events, record_orders
from cvm_platform.common import clock
from tenants.customers.services import reserve_person_ids

NOW = clock.now().replace(microsecond=0) - timedelta(hours=1)


@pytest.fixture
def buyer(own_database: str) -> Iterator[int]:
    with schema_context("acme"):
        yield reserve_person_ids(1)[0]


@pytest.fixture
def meanwhile(own_database: str) -> Iterator[Any]:
    """Starts work on another connection and returns once it waits for a lock of ours."""

    def work(function: Callable[[], Any]) -> Any:
        try:
            with schema_context("acme"):
                return function()
        finally:
            connection.close()

    def is_waiting() -> bool:
        with psycopg.connect(own_database) as other:
            found = other.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()
        return found is not None and found[0] > 0

    with ThreadPoolExecutor(1) as pool:

        def start(function: Callable[[], Any]) -> Future[Any]:
            future = pool.submit(work, function)
            deadline = time.monotonic() + 20
            while not is_waiting():
                assert time.monotonic() < deadline
                assert not future.done(), future.exception()
                time.sleep(0.02)
            return future

        yield start


def _views(buyer: int, count: int) -> list[NewEvent]:
    return [NewEvent(buyer, NOW, "view", key=f"k{number:03}") for number in range(count)]


@pytest.mark.parametrize("count", [10, 100])
def test_a_key_is_taken_by_one_of_two(buyer: int, meanwhile: Any, count: int) -> None:
    events = _views(buyer, count)
    with transaction.atomic():
        first = record_events(events=events[5:], source="s")
        second = meanwhile(lambda: record_events(events=events, source="s"))
    reports = [first, second.result(timeout=30)]
    assert [(report.added, report.repeated) for report in reports] == [
        (count - 5, 0),
        (5, count - 5),
    ]
    assert Event.objects.count() == EventKey.objects.count() == count


def test_a_month_counted_while_another_is_taken_away_stays(buyer: int, meanwhile: Any) -> None:
    def order(days: int) -> NewOrder:
        return NewOrder("1", NOW - timedelta(days=days), [NewLine("A", 1, 500)], buyer)

    record_orders(orders=[order(40)], source="s")
    with transaction.atomic():
        record_orders(orders=[order(0)], source="s")
        view = NewEvent(buyer, NOW - timedelta(days=40), "view")
        second = meanwhile(lambda: record_events(events=[view], source="s"))
    assert second.result(timeout=30).added == 1
    both = month_bit(NOW.date()) | month_bit((NOW - timedelta(days=40)).date())
    assert CustomerStats.objects.get().active_months == both
