"""Mistakes of a rule: found at their node, all at once, whatever is sent."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.segments import published, registry, trees
from campaigns.segments.contracts import MAX_DEPTH, MAX_NODES, Predicate
from campaigns.segments.validation import check_references, check_tree

GOOD: dict[str, Any] = {"leaf": "number", "field": "orders", "is": {"op": "ge", "value": 2}}
WINDOW = {"kind": "last", "days": 30}
TIMES = {"op": "ge", "value": 1}


def _tree(*nodes: Any, key: str = "all") -> dict[str, Any]:
    return {"schema_version": 1, "root": {key: list(nodes)}}


def _found(*nodes: Any) -> list[tuple[str, str, str]]:
    return [(one.pointer, one.field, one.code) for one in check_tree(_tree(*nodes))]


@pytest.mark.parametrize(
    "tree",
    [None, 5, "x", [], {}, {"root": {"all": []}}, _tree() | {"extra": 1},
     _tree() | {"schema_version": 2}, _tree() | {"schema_version": True},
     {"schema_version": 1, "root": GOOD}, {"schema_version": 1, "root": {"all": 5}},
     {"schema_version": 1, "root": {"all": [], "any": []}}, _tree(key="any"), _tree(key="not")],
)  # fmt: skip
def test_what_is_no_rule_is_refused_once(tree: Any) -> None:
    assert len(check_tree(tree)) == 1


@pytest.mark.parametrize("node", [5, None, [], {}, "leaf", {"all": [], "leaf": "x"}, {"and": []}])
def test_what_is_no_node_is_refused_at_its_place(node: Any) -> None:
    found = check_tree(_tree(GOOD, {"any": [GOOD, node]}))
    assert [(one.path, one.pointer) for one in found][:1] == [("1.1", "/root/all/1/any/1")]


def test_all_mistakes_are_found_at_once() -> None:
    nodes = (
        {"leaf": "nothing"},
        GOOD | {"field": "height"},
        {"any": []},
        GOOD | {"is": {"op": "ge", "value": "2"}},
        GOOD,
    )
    assert _found(*nodes) == [
        ("/root/all/0", "leaf", "unknown_leaf"),
        ("/root/all/1", "field", "unknown_choice"),
        ("/root/all/2", "", "empty_group"),
        ("/root/all/3", "is", "not_a_number"),
    ]


@pytest.mark.parametrize(
    ("comparison", "code"),
    [
        (None, "unknown_comparison"),
        ({}, "unknown_comparison"),
        ({"op": "almost", "value": 1}, "unknown_comparison"),
        ({"op": "some"}, "unknown_comparison"),  # orders are never missing
        ({"op": "ge"}, "missing"),
        ({"op": "ge", "value": 1, "low": 1}, "missing"),
        ({"op": "between", "low": 1}, "missing"),
        ({"op": "ge", "value": True}, "not_a_number"),
        ({"op": "ge", "value": 1.5}, "not_a_number"),
        ({"op": "ge", "value": None}, "not_a_number"),
        ({"op": "ge", "value": -1}, "negative"),
        ({"op": "ge", "value": 10**13}, "too_large"),
        ({"op": "between", "low": 2, "high": 1}, "low_above_high"),
    ],
)
def test_comparisons(comparison: Any, code: str) -> None:
    assert _found(GOOD | {"is": comparison}) == [("/root/all/0", "is", code)]


@pytest.mark.parametrize(
    ("window", "code"),
    [
        (5, "unknown_window"),
        ({"kind": "soon"}, "unknown_window"),
        ({"kind": "last"}, "missing"),
        ({"kind": "ever", "days": 1}, "missing"),
        ({"kind": "last", "days": 0}, "out_of_range"),
        ({"kind": "last", "days": 10**9}, "out_of_range"),
        ({"kind": "last", "days": "30"}, "not_a_number"),
        ({"kind": "ago", "from_days": 10, "to_days": 10}, "low_above_high"),
        ({"kind": "ago", "from_days": 10, "to_days": -1}, "out_of_range"),
        ({"kind": "dates", "from": "2026-02-30", "to": "2026-03-01"}, "not_a_date"),
        ({"kind": "dates", "from": "0001-01-01", "to": "2026-03-01"}, "not_a_date"),
        ({"kind": "dates", "from": "20260101", "to": "2026-03-01"}, "not_a_date"),
        ({"kind": "dates", "from": "2026-03-02", "to": "2026-03-01"}, "low_above_high"),
    ],
)
def test_windows(window: Any, code: str) -> None:
    node = {"leaf": "orders", "times": TIMES, "window": window}
    assert _found(node) == [("/root/all/0", "window", code)]


@pytest.mark.parametrize(
    ("node", "field", "code"),
    [
        ({"leaf": "rfm"}, "recency", "empty"),
        ({"leaf": "rfm", "recency": []}, "recency", "empty"),
        ({"leaf": "rfm", "recency": [0]}, "recency", "out_of_range"),
        ({"leaf": "rfm", "recency": [True]}, "recency", "out_of_range"),
        ({"leaf": "rfm", "recency": [5, 5]}, "recency", "repeated"),
        ({"leaf": "rfm_preset", "presets": ["rich"]}, "presets", "unknown_choice"),
        ({"leaf": "rfm_preset", "presets": []}, "presets", "empty"),
        ({"leaf": "rfm_preset", "presets": ["lost", "lost"]}, "presets", "repeated"),
        ({"leaf": "rfm_preset"}, "presets", "missing"),
        ({"leaf": "profile", "field": "city", "op": "in"}, "values", "empty"),
        ({"leaf": "profile", "field": "city", "op": "some", "values": ["x"]}, "values",
         "unexpected"),
        ({"leaf": "profile", "field": "passport", "op": "some"}, "field", "unknown_choice"),
        ({"leaf": "tag", "op": "any", "values": [5]}, "values", "not_text"),
        ({"leaf": "tag", "op": "any", "values": ["a\0b"]}, "values", "not_text"),
        ({"leaf": "tag", "op": "any", "values": ["x" * 201]}, "values", "not_text"),
        ({"leaf": "tag", "op": "any", "values": ["x", "x"]}, "values", "repeated"),
        ({"leaf": "tag", "op": "any", "values": [str(n) for n in range(501)]}, "values",
         "too_many"),
        ({"leaf": "attribute_number", "name": "a", "is": {"op": "ge", "value": float("nan")}},
         "is", "not_a_number"),
        ({"leaf": "event", "kind": "Order; --", "times": TIMES, "window": WINDOW}, "kind",
         "unknown_choice"),
        ({"leaf": "event", "kind": "order", "times": {"op": "le", "value": 2}, "window": WINDOW,
          "sum": {"op": "ge", "value": 1}}, "sum", "sum_of_nothing"),
        ({"leaf": "contactable", "channel": "PIGEON"}, "channel", "unknown_choice"),
        ({"leaf": "segment", "segment": "1 OR 1=1"}, "segment", "unknown_choice"),
        (GOOD | {"colour": "red"}, "colour", "unknown_parameter"),
    ],
)  # fmt: skip
def test_parameters_of_leaves(node: Any, field: str, code: str) -> None:
    assert _found(GOOD, node) == [("/root/all/1", field, code)]


def _nested(depth: int) -> dict[str, Any]:
    node: dict[str, Any] = GOOD
    for _ in range(depth):
        node = {"all": [node]}
    return node


def test_depth_and_size_are_bounded() -> None:
    assert _found(_nested(MAX_DEPTH - 1)) == []
    assert [one[2] for one in _found(_nested(200))] == ["too_deep"]
    assert _found(*[GOOD] * (MAX_NODES - 1)) == []
    assert [one[2] for one in _found(*[GOOD] * 10_000)] == ["too_many"]
    wide = {"any": [{"any": [GOOD] * 50} for _ in range(50)]}
    assert [one[2] for one in _found(wide)] == ["too_many"]


FIRST, SECOND = UUID(int=1), UUID(int=2)


def _refers(target: UUID) -> dict[str, Any]:
    return {"leaf": "segment", "segment": str(target)}


def test_references_must_exist_and_not_come_back() -> None:
    known = {SECOND: _tree(_refers(FIRST)), FIRST: _tree(GOOD)}
    assert check_references(_tree(GOOD, _refers(FIRST)), known.get, None) == []
    errors = check_references(_tree(GOOD, {"not": [_refers(SECOND)]}), known.get, FIRST)
    assert [(one.path, one.pointer, one.code) for one in errors] == [
        ("1.0", "/root/all/1/not/0", "cycle")
    ]
    own = check_references(_tree(_refers(FIRST)), known.get, FIRST)
    assert [one.code for one in own] == ["cycle"]
    missing = check_references(_tree(_refers(UUID(int=9))), known.get, None)
    assert [one.code for one in missing] == ["unknown_segment"]


def test_a_long_row_of_references_is_refused() -> None:
    known = {UUID(int=n): _tree(_refers(UUID(int=n + 1))) for n in range(1, 30)}
    known[UUID(int=30)] = _tree(GOOD)
    errors = check_references(_tree(_refers(FIRST)), known.get, None)
    assert [one.code for one in errors] == ["too_deep"]
    assert check_references(_tree(_refers(UUID(int=25))), known.get, None) == []


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["all", "any", "not", "number", "event", "rfm", "segment"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["all", "any", "not", "leaf", "field", "is", "op", "value", "values",
                         "window", "times", "kind", "recency", "presets", "segment", "root"]),
        inner, max_size=4,
    ),
    max_leaves=15,
)  # fmt: skip


@settings(max_examples=500, deadline=None, derandomize=True)
@given(root=_json)
def test_no_json_breaks_the_checks_and_what_passes_fits_the_schema(root: Any) -> None:
    tree = {"schema_version": 1, "root": root}
    if not check_tree(tree):
        assert published.fits_schema(tree)


def test_the_committed_schema_is_that_of_the_leaves() -> None:
    assert published.FILE.read_text() == published.schema_text()


def test_the_schema_is_a_valid_one_and_knows_every_leaf() -> None:
    from jsonschema import Draft202012Validator

    schema = published.build_schema()
    Draft202012Validator.check_schema(schema)
    for leaf in registry.leaves():
        assert f"leaf_{leaf.name}" in schema["$defs"]


@pytest.mark.parametrize("leaf", registry.leaves(), ids=lambda leaf: leaf.name)
def test_a_new_card_is_well_formed_but_for_what_only_a_person_knows(leaf: registry.Leaf) -> None:
    node = {"leaf": leaf.name, **leaf.start}
    codes = {error.code for error in check_tree(_tree(node))}
    assert codes <= {"empty", "unknown_choice"}
    assert trees.is_leaf(node)


def test_two_leaves_of_one_name_are_our_mistake() -> None:
    first = registry.leaves()[0]
    assert registry.register(first) is first
    twin = registry.Leaf(first.name, "", "", (), lambda _n, _b: Predicate(""), lambda _n, _w: "")
    with pytest.raises(ValueError, match=first.name):
        registry.register(twin)
