"""RFM in one statement: ties, small bases, what is written and what stays."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django_tenants.utils import tenant_context
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.events.models import CustomerStats, Order
from analytics.features import selectors, services
from analytics.features.models import RfmRun, RfmScore
from cvm_platform.common import bulk, clock
from tenants.customers.models import Customer

NOW = clock.now().replace(microsecond=0)


def _buyer(
    number: int, *, days: int = 10, orders: int = 1, revenue: int = 1000, status: str = "active"
) -> None:
    Customer.objects.create(id=number, status=status)
    moment = NOW - timedelta(days=days)
    CustomerStats.objects.create(
        customer_id=number, orders=orders, revenue=revenue, margin=revenue // 4,
        first_order_at=moment, last_order_at=moment,
    )  # fmt: skip


def _scores() -> dict[int, tuple[int, int, int]]:
    rows = RfmScore.objects.values_list("customer_id", "recency", "frequency", "monetary")
    return {row[0]: row[1:] for row in rows}


def test_without_ties_every_score_holds_a_fifth(acme: Any) -> None:
    for number in range(1, 11):
        _buyer(number, days=number, orders=number, revenue=number * 100)
    services.refresh_rfm(as_of=NOW)
    assert _scores() == {
        number: (5 - (number - 1) // 2, 1 + (number - 1) // 2, 1 + (number - 1) // 2)
        for number in range(1, 11)
    }


def test_one_time_buyers_share_a_low_score_however_many_they_are(acme: Any) -> None:
    for number in range(1, 11):
        _buyer(number, days=number, orders=1 if number <= 6 else number, revenue=number)
    services.refresh_rfm(as_of=NOW)
    found = {number: scores[1] for number, scores in _scores().items()}
    # six of ten: the middle of their group lies at 30 %, the second fifth
    assert {found[number] for number in range(1, 7)} == {2}
    assert [found[number] for number in (7, 8, 9, 10)] == [4, 4, 5, 5]


@pytest.mark.parametrize(
    ("size", "expected"), [(1, [3]), (2, [2, 4]), (3, [1, 3, 5]), (5, [1, 2, 3, 4, 5])]
)
def test_small_bases(acme: Any, size: int, expected: list[int]) -> None:
    for number in range(1, size + 1):
        _buyer(number, revenue=number)
    services.refresh_rfm(as_of=NOW)
    assert [scores[2] for _number, scores in sorted(_scores().items())] == expected


def test_where_all_are_equal_nothing_tells_them_apart(acme: Any) -> None:
    for number in range(1, 8):
        _buyer(number)
    run = services.refresh_rfm(as_of=NOW)
    assert set(_scores().values()) == {(3, 3, 3)}
    assert run.cells == [{"r": 3, "f": 3, "m": 3, "customers": 7, "revenue": 7000, "margin": 1750}]


def test_nobody_bought(acme: Any) -> None:
    Customer.objects.create(id=1)
    CustomerStats.objects.create(customer_id=1)
    run = services.refresh_rfm(as_of=NOW)
    assert (run.status, run.customers, run.cells, run.borders) == ("done", 0, [], [])
    assert RfmScore.objects.count() == 0


def test_blocked_customers_have_no_score_and_lose_the_one_they_had(acme: Any) -> None:
    _buyer(1)
    _buyer(2, status="blocked")
    services.refresh_rfm(as_of=NOW)
    assert set(_scores()) == {1}
    Customer.objects.filter(id=1).update(status="erasure_pending")
    services.refresh_rfm(as_of=NOW)
    assert _scores() == {}


def test_only_changed_scores_are_written(acme: Any) -> None:
    for number in range(1, 6):
        _buyer(number, days=number, orders=number, revenue=number)
    services.refresh_rfm(as_of=NOW)
    before = dict(bulk.fetch("SELECT customer_id, ctid::text FROM features_rfmscore"))
    services.refresh_rfm(as_of=NOW)
    assert dict(bulk.fetch("SELECT customer_id, ctid::text FROM features_rfmscore")) == before
    CustomerStats.objects.filter(customer_id=1).update(revenue=999)
    services.refresh_rfm(as_of=NOW)
    after = dict(bulk.fetch("SELECT customer_id, ctid::text FROM features_rfmscore"))
    assert _scores()[1][2] == 5
    assert after[1] != before[1]


def test_cells_borders_and_presets_are_stored(acme: Any) -> None:
    for number in range(1, 6):
        _buyer(number, days=number, orders=number, revenue=number * 100)
    run = services.refresh_rfm(as_of=NOW)
    stored = RfmRun.objects.get(pk=run.pk)
    assert sum(cell["customers"] for cell in stored.cells) == 5
    assert sum(cell["revenue"] for cell in stored.cells) == 1500
    assert stored.cells[0] == {
        "r": 1, "f": 5, "m": 5, "customers": 1, "revenue": 500, "margin": 125,
    }  # fmt: skip
    borders = selectors.borders_of(stored)
    assert [(one.low, one.high) for one in borders["monetary"]] == [
        (100, 100), (200, 200), (300, 300), (400, 400), (500, 500),
    ]  # fmt: skip
    assert borders["recency"][0].low == NOW - timedelta(days=5)
    assert RfmScore.objects.get(customer_id=5).preset == "cannot_lose"
    for cell in selectors.cells_of(stored):
        scores = {"recency": cell.recency, "frequency": cell.frequency, "monetary": cell.monetary}
        assert RfmScore.objects.get(**scores).preset == cell.preset


def test_an_assumed_margin_is_marked(acme: Any) -> None:
    _buyer(1)
    Order.objects.create(customer_id=1, external_id="1", ts=NOW, is_margin_assumed=True)
    assert services.refresh_rfm(as_of=NOW).is_margin_assumed is False  # no rate is stated
    acme.assumed_margin_bp = 3000
    assert services.refresh_rfm(as_of=NOW).is_margin_assumed is True


def test_a_request_runs_once_and_keeps_the_answer(
    acme: Any, django_capture_on_commit_callbacks: Any
) -> None:
    _buyer(1)
    with django_capture_on_commit_callbacks(execute=True):
        run = services.request_rfm()
        assert services.request_rfm().pk == run.pk
    run.refresh_from_db()
    assert run.status == "done"
    assert selectors.answer() == run
    assert run.duration_ms is not None
    assert run.computed_at is not None
    assert services.refresh_rfm(run_id=run.pk).computed_at == run.computed_at


def test_a_failure_is_kept_and_the_last_answer_stays(
    acme: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _buyer(1)
    good = services.refresh_rfm(as_of=NOW)
    monkeypatch.setattr("analytics.features.rfm_sql.REFRESH", "SELECT 1 / 0")
    with pytest.raises(DatabaseError):
        services.refresh_rfm(as_of=NOW)
    failed = selectors.last_run()
    assert failed is not None
    assert (failed.status, failed.error) == ("failed", "DataError")
    assert selectors.answer() == good
    assert not selectors.is_running(failed)


def test_tenants_are_counted_apart(acme: Any, beta: Any) -> None:
    _buyer(1)
    services.refresh_rfm(as_of=NOW)
    with tenant_context(beta):
        assert selectors.answer() is None
        assert services.refresh_rfm(as_of=NOW).customers == 0
        assert RfmScore.objects.count() == 0
    assert set(_scores()) == {1}


@settings(max_examples=40, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(rows=st.lists(st.tuples(st.integers(0, 4), st.integers(1, 4), st.integers(-3, 6)),
                     min_size=1, max_size=25))  # fmt: skip
def test_scores_are_those_of_the_definition(acme: Any, rows: list[tuple[int, int, int]]) -> None:
    """Equal values get equal scores, more is never worse, and the middle of the ties decides."""
    Customer.objects.all().delete()
    CustomerStats.objects.all().delete()
    for number, (days, orders, revenue) in enumerate(rows, 1):
        _buyer(number, days=days, orders=orders, revenue=revenue)
    services.refresh_rfm(as_of=NOW)
    found = _scores()
    for index, values in enumerate(zip(*((-d, o, r) for d, o, r in rows), strict=True)):
        counted = Counter(values)
        for number, value in enumerate(values, 1):
            below = sum(count for other, count in counted.items() if other < value)
            doubled = 5 * (2 * below + counted[value])
            assert found[number][index] == -(-doubled // (2 * len(rows)))
