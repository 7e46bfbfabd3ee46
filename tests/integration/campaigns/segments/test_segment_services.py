"""Keeping rules, bringing members up to date, saying when that failed."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError
from django_tenants.utils import tenant_context

from analytics.events.models import CustomerStats
from campaigns.segments import selectors, services, statements
from campaigns.segments.models import Segment, SegmentMember, SegmentSize
from cvm_platform.common import bulk, clock
from cvm_platform.common.errors import Conflict, InvalidInput, NotFound
from tenants.audit.models import AuditEntry
from tenants.customers.models import Customer

GOOD: dict[str, Any] = {"leaf": "number", "field": "orders", "is": {"op": "ge", "value": 2}}


def _tree(*nodes: Any) -> dict[str, Any]:
    return {"schema_version": 1, "root": {"all": list(nodes)}}


def _customer(number: int, orders: int) -> None:
    Customer.objects.create(id=number)
    CustomerStats.objects.create(customer_id=number, orders=orders)


def _members(segment: Segment) -> dict[int, Any]:
    rows = SegmentMember.objects.filter(segment=segment)
    return dict(rows.values_list("customer_id", "joined_at"))


def test_creating_keeps_the_rule_and_counts_it(
    acme: Any, django_capture_on_commit_callbacks: Any
) -> None:
    _customer(1, 1)
    _customer(2, 2)
    with django_capture_on_commit_callbacks(execute=True):
        segment = services.create_segment(name="  Два   заказа ", tree=_tree(GOOD))
    segment.refresh_from_db()
    assert (segment.name, segment.version, segment.schema_version) == ("Два заказа", 1, 1)
    assert (segment.status, segment.count, segment.error) == ("fresh", 1, "")
    assert set(_members(segment)) == {2}
    assert AuditEntry.objects.filter(action="segment.created").count() == 1


def test_a_wrong_rule_is_refused_with_its_node(acme: Any) -> None:
    with pytest.raises(services.InvalidTree) as caught:
        services.create_segment(name="Имя", tree=_tree(GOOD, GOOD | {"field": "height"}))
    assert list(caught.value.fields) == ["tree/root/all/1/field"]
    assert Segment.objects.count() == 0


@pytest.mark.parametrize("name", ["", "   ", "x" * 201])
def test_a_name_is_needed(acme: Any, name: str) -> None:
    with pytest.raises(InvalidInput):
        services.create_segment(name=name, tree=_tree())


def test_names_are_unique_among_the_living(acme: Any) -> None:
    first = services.create_segment(name="Имя", tree=_tree())
    with pytest.raises(Conflict):
        services.create_segment(name="Имя", tree=_tree())
    services.archive_segment(public_id=first.public_id)
    services.create_segment(name="Имя", tree=_tree())
    with pytest.raises(Conflict):
        services.archive_segment(public_id=first.public_id, archived=False)


def test_a_new_rule_is_a_new_version_a_new_name_is_not(acme: Any) -> None:
    segment = services.create_segment(name="Имя", tree=_tree())
    services.refresh_segment(segment.pk)
    renamed = services.update_segment(public_id=segment.public_id, name="Другое")
    assert (renamed.version, renamed.status) == (1, "fresh")
    same = services.update_segment(public_id=segment.public_id, tree=_tree())
    assert same.version == 1
    changed = services.update_segment(public_id=segment.public_id, tree=_tree(GOOD), version=1)
    assert (changed.version, changed.status) == (2, "stale")
    with pytest.raises(Conflict):
        services.update_segment(public_id=segment.public_id, tree=_tree(), version=1)
    with pytest.raises(NotFound):
        services.update_segment(public_id=uuid4(), name="x")


def test_who_stays_keeps_the_time_of_joining(acme: Any) -> None:
    for number in (1, 2, 3):
        _customer(number, 2)
    segment = services.create_segment(name="Имя", tree=_tree(GOOD))
    services.refresh_segment(segment.pk)
    before = _members(segment)
    SegmentMember.objects.filter(customer_id=1).update(joined_at=clock.now() - timedelta(days=9))
    CustomerStats.objects.filter(customer_id=2).update(orders=1)
    _customer(4, 5)
    long_ago = _members(segment)[1]
    refreshed = services.refresh_segment(segment.pk)
    after = _members(segment)
    assert set(after) == {1, 3, 4}
    assert after[1] == long_ago
    assert after[3] == before[3]
    assert after[4] > before[3]
    assert refreshed.count == 3
    sizes = list(SegmentSize.objects.order_by("at").values_list("count", "joined", "left"))
    assert sizes == [(3, 3, 0), (3, 1, 1)]


def test_a_failed_count_keeps_the_members_and_says_why(
    acme: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _customer(1, 2)
    segment = services.create_segment(name="Имя", tree=_tree(GOOD))
    services.refresh_segment(segment.pk)
    with monkeypatch.context() as patched:
        patched.setattr(statements, "_REFRESH", "SELECT 1 / 0 /* {fits} */")
        with pytest.raises(DatabaseError):
            services.refresh_segment(segment.pk)
    segment.refresh_from_db()
    assert (segment.status, segment.error, segment.count) == ("failed", "DivisionByZero", 1)
    assert set(_members(segment)) == {1}
    assert services.refresh_segment(segment.pk).status == "fresh"
    assert Segment.objects.get().error == ""


def test_a_slow_count_is_stopped(acme: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    segment = services.create_segment(name="Имя", tree=_tree(GOOD))
    slow = "SELECT pg_sleep(5), 0, 0 /* {fits} */"
    monkeypatch.setattr(statements, "_REFRESH", slow)
    monkeypatch.setattr(statements, "REFRESH_TIMEOUT_MS", 50)
    with pytest.raises(statements.TooSlow):
        services.refresh_segment(segment.pk)
    segment.refresh_from_db()
    assert segment.status == "failed"
    assert "10" in segment.error or "десят" in segment.error or "ten" in segment.error


def test_the_first_count_of_all_does_not_trust_an_empty_table(
    acme: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planner would loop over what the statement itself puts there: minutes for 100,000."""
    segment = services.create_segment(name="Everybody", tree=_tree())
    seen: list[str] = []
    run = statements.run

    def watched(*args: Any) -> Any:
        seen.append(bulk.fetch("SHOW enable_nestloop")[0][0])
        return run(*args)

    monkeypatch.setattr(statements, "run", watched)
    Customer.objects.create(id=1)
    for _ in range(2):
        services.refresh_segment(segment.pk)
    assert seen == ["off", "on"]
    assert bulk.fetch("SHOW enable_nestloop") == [("on",)]


def test_a_slow_live_count_becomes_a_marked_estimate(
    acme: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 21):
        _customer(number, number)
    exact = selectors.count_tree(_tree(GOOD))
    assert (exact.count, exact.base, exact.is_estimate) == (19, 20, False)
    assert exact.share == 0.95

    def too_slow(*_args: Any) -> tuple[Any, ...]:
        raise statements.TooSlow

    monkeypatch.setattr(statements, "run", too_slow)
    guess = selectors.count_tree(_tree(GOOD))
    assert guess.is_estimate
    assert 0 <= guess.count <= 20
    assert selectors.counts_of(_tree(GOOD), [(0,)]) == {}
    assert selectors.reach_of(_tree(GOOD)) is None


def test_the_time_limit_is_of_the_statement_alone(acme: Any) -> None:
    from campaigns.segments.contracts import Compiled
    from cvm_platform.common import bulk

    with pytest.raises(statements.TooSlow):
        statements.run(Compiled("SELECT pg_sleep(5)"), 30)
    assert bulk.fetch("SHOW statement_timeout") == [("0",)]
    assert Customer.objects.count() == 0  # the transaction goes on


def test_freshness_has_an_age_and_a_cause(acme: Any) -> None:
    segment = services.create_segment(name="Имя", tree=_tree())
    assert selectors.freshness_of(segment).status == "new"
    segment = services.refresh_segment(segment.pk)
    now = segment.refreshed_at
    assert now is not None
    fresh = selectors.freshness_of(segment, now + timedelta(minutes=5))
    assert (fresh.status, fresh.age) == ("fresh", timedelta(minutes=5))
    assert selectors.freshness_of(segment, now + timedelta(hours=3)).status == "stale"
    services.request_refresh(public_id=segment.public_id)
    segment.refresh_from_db()
    assert selectors.freshness_of(segment).status == "refreshing"
    dead = selectors.freshness_of(segment, clock.now() + timedelta(hours=1))
    assert dead.status == "failed"
    assert dead.cause != ""


def test_stale_segments_are_found_by_the_filter(acme: Any) -> None:
    for name in ("a", "b"):
        services.refresh_segment(services.create_segment(name=name, tree=_tree()).pk)
    Segment.objects.filter(name="b").update(refreshed_at=clock.now() - timedelta(days=1))
    assert [one.name for one in selectors.segments_for(status="fresh")] == ["a"]
    assert [one.name for one in selectors.segments_for(status="stale")] == ["b"]


def test_one_request_at_a_time(acme: Any, django_capture_on_commit_callbacks: Any) -> None:
    segment = services.create_segment(name="Имя", tree=_tree())
    with django_capture_on_commit_callbacks() as callbacks:
        services.request_refresh(public_id=segment.public_id)
        services.request_refresh(public_id=segment.public_id)
    assert len(callbacks) == 1


def test_the_hourly_round_counts_the_living(
    acme: Any, django_capture_on_commit_callbacks: Any
) -> None:
    living = services.create_segment(name="a", tree=_tree())
    archived = services.create_segment(name="b", tree=_tree())
    services.archive_segment(public_id=archived.public_id)
    with django_capture_on_commit_callbacks(execute=True):
        assert services.refresh_all() == 1
    living.refresh_from_db()
    archived.refresh_from_db()
    assert (living.status, archived.status) == ("fresh", "new")


def _refers(segment: Segment) -> dict[str, Any]:
    return {"leaf": "segment", "segment": str(segment.public_id)}


def test_a_segment_cannot_lead_back_to_itself(acme: Any) -> None:
    first = services.create_segment(name="a", tree=_tree(GOOD))
    second = services.create_segment(name="b", tree=_tree(_refers(first)))
    third = services.create_segment(name="c", tree=_tree({"not": [_refers(second)]}))
    for target in (first, second, third):
        with pytest.raises(services.InvalidTree) as caught:
            services.update_segment(public_id=first.public_id, tree=_tree(_refers(target)))
        assert [error.code for error in caught.value.errors] == ["cycle"]
    assert [one.name for one in selectors.used_in(first)] == ["b"]
    with pytest.raises(Conflict):
        services.archive_segment(public_id=first.public_id)
    services.archive_segment(public_id=third.public_id)
    services.archive_segment(public_id=second.public_id)
    services.archive_segment(public_id=first.public_id)


def test_a_rule_that_lost_its_footing_fails_with_the_node(acme: Any) -> None:
    first = services.create_segment(name="a", tree=_tree(GOOD))
    second = services.create_segment(name="b", tree=_tree(GOOD, _refers(first)))
    Segment.objects.filter(pk=first.pk).delete()
    with pytest.raises(services.InvalidTree):
        services.refresh_segment(second.pk)
    second.refresh_from_db()
    assert second.status == "failed"
    assert second.error.startswith("/root/all/1: ")


def test_tenants_have_their_own_members(acme: Any, beta: Any) -> None:
    _customer(1, 2)
    services.refresh_segment(services.create_segment(name="a", tree=_tree(GOOD)).pk)
    with tenant_context(beta):
        assert Segment.objects.count() == 0
        other = services.create_segment(name="a", tree=_tree(GOOD))
        assert services.refresh_segment(other.pk).count == 0
        assert SegmentMember.objects.count() == 0
    assert SegmentMember.objects.count() == 1


def test_the_sentence_of_a_rule(acme: Any, settings: Any) -> None:
    from django.utils import translation

    inner = services.create_segment(name="Свои", tree=_tree(GOOD))
    tree = _tree(
        {"leaf": "number", "field": "revenue", "is": {"op": "ge", "value": 300_000}},
        {"any": [{"leaf": "profile", "field": "city", "op": "in", "values": ["Тверь"]},
                 {"leaf": "rfm", "recency": [5, 4]}]},
        {"not": [{"leaf": "event", "kind": "open", "times": {"op": "ge", "value": 1},
                  "window": {"kind": "last", "days": 30}}]},
        _refers(inner),
    )  # fmt: skip
    with translation.override("en"):
        assert selectors.sentence_of(tree) == (
            "Revenue, net of returns: at least ₽3,000 and (city is one of: Тверь or RFM scores: "
            "recency 4, 5) and not (message opened: at least 1 time in the last 30 days) and in "
            "the segment “Свои”."
        )
        assert selectors.sentence_of(_tree()) == "All customers."
