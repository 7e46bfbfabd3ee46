"""On a large base the common shapes are answered by indexes, and no plan loops without end."""

import json
from typing import Any

import pytest

from benchmarks.segment_base import fill_base
from campaigns.segments import selectors
from campaigns.segments.contracts import Tree
from cvm_platform.common import bulk

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
COFFEE = {"leaf": "event", "kind": "order", "times": {"op": "ge", "value": 3},
          "window": {"kind": "last", "days": 30}, "categories": ["Кофе"]}  # fmt: skip
OPENED = {"leaf": "event", "kind": "open", "times": {"op": "ge", "value": 1},
          "window": {"kind": "last", "days": 14}}  # fmt: skip
WRITABLE = {"leaf": "contactable", "channel": "EMAIL"}


def _number(field: str, **comparison: Any) -> dict[str, Any]:
    return {"leaf": "number", "field": field, "is": comparison}


def _tree(*nodes: Any) -> Tree:
    return {"schema_version": 1, "root": {"all": list(nodes)}}


def _plan(tree: Tree) -> list[dict[str, Any]]:
    compiled = selectors.compiled(tree)
    text = f"EXPLAIN (FORMAT JSON) SELECT count(*) FROM ({compiled.sql}) fits"
    found = bulk.fetch(text, compiled.params)[0][0]
    waiting = [(json.loads(found) if isinstance(found, str) else found)[0]["Plan"]]
    nodes = []
    while waiting:
        node = waiting.pop()
        nodes.append(node)
        waiting += node.get("Plans", [])
    return nodes


def _scanned_whole(nodes: list[dict[str, Any]]) -> set[str]:
    return {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}


def _indexes(nodes: list[dict[str, Any]]) -> set[str]:
    return {node["Index Name"] for node in nodes if "Index Name" in node}


def test_common_shapes_use_their_indexes(acme: Any) -> None:
    fill_base(customers=200_000, events=600_000)

    behaviour = _plan(_tree(COFFEE, {"not": [OPENED]}))
    assert not any(name.startswith("events_event") for name in _scanned_whole(behaviour))
    used = " ".join(_indexes(behaviour))
    assert "category_ts_customer_id" in used
    # who opened is looked up by customer, since few are left, or read from the index of opens
    assert "_pkey" in used or "_ts_customer_id_idx" in used
    # months outside the window are not even opened
    months = {node["Relation Name"] for node in behaviour if "Relation Name" in node}
    assert len([name for name in months if name.startswith("events_event_")]) <= 3

    recent = _plan(_tree(_number("days_since_last_order", op="between", low=1, high=1)))
    assert "stats_last_order" in _indexes(recent)
    rich = _plan(_tree(_number("revenue", op="ge", value=60_000_00)))
    assert "stats_revenue" in _indexes(rich)
    cell = _plan(_tree({"leaf": "rfm", "recency": [5], "frequency": [5], "monetary": [1]}))
    assert _indexes(cell) & {"rfm_cell", "rfm_preset"}

    few = _plan(_tree(COFFEE, WRITABLE))
    assert not _scanned_whole(few) & {
        "privacy_consentrecord", "privacy_adpermission", "customers_contactpoint",
    }  # fmt: skip

    shapes = [
        _tree(COFFEE, {"not": [OPENED]}, WRITABLE),
        _tree({"any": [OPENED, WRITABLE]}),
        _tree({"not": [WRITABLE]}, {"not": [OPENED]}),
        _tree({"any": [_number("orders", op="eq", value=0), {"not": [COFFEE]}]}),
    ]
    for tree in shapes:
        assert not selectors.count_tree(tree).is_estimate
        paths = [(index,) for index in range(len(tree["root"]["all"]))]
        assert len(selectors.counts_of(tree, paths)) == len(paths)
