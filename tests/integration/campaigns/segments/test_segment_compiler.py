"""The compiled statement and the obvious interpreter select the same people, for any rule."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.segments import published, selectors, statements
from campaigns.segments.contracts import Compiled
from campaigns.segments.models import Segment
from campaigns.segments.validation import check_tree
from cvm_platform.common import bulk, clock
from tests.factories.segment_interpreter import Interpreter
from tests.factories.segment_trees import trees
from tests.factories.segment_world import World, make_world, store_world

INNER = {"schema_version": 1, "root": {"any": [
    {"leaf": "profile", "field": "city", "op": "in", "values": ["Москва"]},
    {"leaf": "number", "field": "orders", "is": {"op": "ge", "value": 2}},
]}}  # fmt: skip


def _run(tree: dict[str, Any], world: World) -> set[int]:
    compiled = selectors.compiled(tree, as_of=world.as_of)
    rows = statements.rows(compiled, statements.REFRESH_TIMEOUT_MS)
    ids = [row[0] for row in rows]
    assert len(ids) == len(set(ids))
    return set(ids)


@pytest.fixture
def stored(acme: Any) -> tuple[World, Interpreter, list[str]]:
    world = make_world(clock.now().replace(minute=0, second=0, microsecond=0))
    store_world(world)
    inner = Segment.objects.create(name="inner", tree=INNER)
    outer_tree = {"schema_version": 1, "root": {"not": [
        {"leaf": "segment", "segment": str(inner.public_id)},
    ]}}  # fmt: skip
    outer = Segment.objects.create(name="outer", tree=outer_tree)
    known = {str(inner.public_id): INNER, str(outer.public_id): outer_tree}
    return world, Interpreter(world, acme.timezone, known.__getitem__), sorted(known)


def _compare(stored: tuple[World, Interpreter, list[str]], data: Any) -> None:
    world, interpreter, segments = stored
    tree = data.draw(trees(world.as_of.date(), segments))
    assert check_tree(tree) == []
    assert published.fits_schema(tree)
    assert _run(tree, world) == interpreter.members(tree)


_checks = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=_checks)
@given(data=st.data())
def test_a_random_rule_selects_what_it_says(stored: Any, data: Any) -> None:
    _compare(stored, data)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@settings(max_examples=5000, deadline=None, suppress_health_check=_checks)
@given(data=st.data())
def test_thousands_of_random_rules_select_what_they_say(stored: Any, data: Any) -> None:
    _compare(stored, data)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=_checks)
@given(data=st.data())
def test_counts_by_node_are_those_of_the_rule_up_to_it(stored: Any, data: Any) -> None:
    world, interpreter, segments = stored
    row = data.draw(st.lists(trees(world.as_of.date(), segments), min_size=1, max_size=3))
    nodes = [tree["root"] for tree in row]
    tree = {"schema_version": 1, "root": {"all": nodes}}
    from campaigns.segments.compiler import compile_counts

    statement = compile_counts(
        tree, [(index,) for index in range(len(nodes))], as_of=world.as_of,
        zone=interpreter.zone.key, find=selectors.tree_of,
    )  # fmt: skip
    base, *counts = statements.run(statement, 5000)
    expected = [
        len(interpreter.members({"root": {"all": nodes[: index + 1]}}))
        for index in range(len(nodes))
    ]
    assert counts == expected
    assert base == len(interpreter.members({"root": {"all": []}}))


def test_no_value_gets_into_the_statement(stored: Any) -> None:
    world, _interpreter, _segments = stored
    evil = "'; DROP TABLE customers_customer; --"
    nodes: list[dict[str, Any]] = [
        {"leaf": "profile", "field": "city", "op": "in", "values": [evil]},
        {"leaf": "tag", "op": "all", "values": [evil]},
        {"leaf": "attribute", "name": evil, "op": "not_in", "values": [evil, "%(p1)s"]},
        {"leaf": "attribute_number", "name": evil, "is": {"op": "ge", "value": 1}},
        {"leaf": "event", "kind": "order", "times": {"op": "ge", "value": 1},
         "window": {"kind": "ever"}, "categories": [evil]},
        {"leaf": "contactable", "channel": "EMAIL"},
    ]  # fmt: skip
    tree = {"schema_version": 1, "root": {"any": nodes}}
    assert check_tree(tree) == []
    compiled = selectors.compiled(tree, as_of=world.as_of)
    assert "'" not in compiled.sql
    assert "DROP" not in compiled.sql
    assert ";" not in compiled.sql
    # "is none of" holds for all: nobody has the attribute
    expected = {p.id for p in world.people if p.status == "active"}  # fmt: skip
    assert _run(tree, world) == expected


def test_equal_conditions_are_joined_once(stored: Any) -> None:
    event = {"leaf": "event", "kind": "visit", "times": {"op": "ge", "value": 1},
             "window": {"kind": "last", "days": 30}}  # fmt: skip
    tree = {"schema_version": 1, "root": {"any": [event, {"not": [event]}, dict(event)]}}
    compiled = selectors.compiled(tree)
    assert compiled.sql.count("FROM events_event") == 1


def test_blocked_customers_are_in_no_segment(stored: Any) -> None:
    world, _interpreter, _segments = stored
    everybody = _run({"schema_version": 1, "root": {"all": []}}, world)
    assert everybody == {p.id for p in world.people if p.status == "active"}
    assert any(p.status == "blocked" for p in world.people)


def test_contactable_is_the_lasting_part_of_the_gate(acme: Any) -> None:
    world = make_world(clock.now().replace(microsecond=0), size=1500, seed=3)
    store_world(world)
    interpreter = Interpreter(world, acme.timezone, {}.__getitem__)
    leaf = {"leaf": "contactable", "channel": "EMAIL"}
    nobody = {"leaf": "tag", "op": "any", "values": ["nobody"]}
    for root in ({"all": [leaf]}, {"not": [leaf]}, {"any": [leaf, nobody]}):
        tree = {"schema_version": 1, "root": root}
        expected = interpreter.members(tree)
        assert len(expected) > 30
        assert _run(tree, world) == expected


def test_a_loop_without_an_end_is_left_for_a_single_pass(
    stored: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planner's way is given up in time, and the other way gives the same answer."""
    slow = Compiled("SELECT 1, pg_sleep(CASE current_setting('enable_nestloop') "
                    "WHEN 'on' THEN 60 ELSE 0 END)", {})  # fmt: skip
    monkeypatch.setattr(statements, "_PATIENCE_MS", 200)
    assert statements.run(slow, 5_000)[0] == 1
    [(after,)] = bulk.fetch("SELECT current_setting('enable_nestloop')")
    assert after == "on"
    endless = Compiled("SELECT pg_sleep(60)", {})
    with pytest.raises(statements.TooSlow):
        statements.run(endless, 300)
    assert bulk.fetch("SELECT 1") == [(1,)]  # the transaction around goes on
