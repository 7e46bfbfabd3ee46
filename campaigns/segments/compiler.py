"""A checked tree becomes ONE parametrised SELECT of customer ids.

Every leaf is a predicate over joins that are made once a statement, whoever asks for them:
    customers_customer c
    LEFT JOIN events_customerstats s, LEFT JOIN features_rfmscore r
    LEFT JOIN (SELECT DISTINCT customer_id …) e1, e2, …
A LEFT JOIN serves a condition in any place, under "any" and "not" too, always as a hash join.
Where the condition must hold, `e1.customer_id IS NOT NULL` lets PostgreSQL turn it into an inner
join, and `IS NULL` into an anti join, so that the smallest set can lead. `IN` and `NOT IN` would
lose that inside OR, and NOT IN turns quadratic when its set outgrows work_mem.
A condition that is cheap to look up for one customer may bring an EXISTS of its own: it is taken
where the condition must hold or must fail for the whole rule, so that few customers, found by the
other conditions, cost few look-ups.
"Not" is pushed down to the leaves (De Morgan), each of which knows its own negation.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from campaigns.segments import registry, trees
from campaigns.segments.contracts import MAX_DEPTH, Compiled, Node, Predicate, Tree
from cvm_platform.common import clock

# One of the customer's statuses: who is blocked or to be erased is in no segment.
ACTIVE = "active"
_STATS = "LEFT JOIN events_customerstats s ON s.customer_id = c.id"
_RFM = "LEFT JOIN features_rfmscore r ON r.customer_id = c.id"


class Builder:
    """Collects the joins and parameters of one statement."""

    def __init__(
        self, *, as_of: datetime, zone: str, find: registry.Trees, is_whole: bool = True
    ) -> None:
        self.as_of = as_of
        self.zone = zone
        self.params: dict[str, Any] = {}
        self.joins: dict[str, str] = {}  # SQL of the join → alias
        self._find = find
        self._names: dict[tuple[type, str], str] = {}
        self._inside: list[UUID] = []
        # the node being compiled decides alone, with its AND neighbours, who fits
        self._decides = is_whole
        self._negates = False

    def param(self, value: Any) -> str:
        key = (type(value), repr(value))
        if key not in self._names:
            self._names[key] = f"p{len(self._names) + 1}"
            self.params[self._names[key]] = value
        return f"%({self._names[key]})s"

    def stats(self) -> str:
        self.joins.setdefault(_STATS, "s")
        return "s"

    def rfm(self) -> str:
        self.joins.setdefault(_RFM, "r")
        return "r"

    def among(self, ids: str, one: str = "") -> Predicate:
        if one and self._decides:
            return Predicate(f"EXISTS ({one})", f"NOT EXISTS ({one})")
        # equal conditions have equal text, since equal values have one parameter
        alias = self.joins.setdefault(ids, f"e{len(self.joins) + 1}")
        return Predicate(f"{alias}.customer_id IS NOT NULL", f"{alias}.customer_id IS NULL")

    def segment(self, public_id: UUID) -> Predicate:
        tree = self._find(public_id)
        if tree is None or public_id in self._inside or len(self._inside) > MAX_DEPTH:
            raise ValueError(f"Segment {public_id} is missing or refers to itself.")
        self._inside.append(public_id)
        decides, self._decides = self._decides, self._decides and not self._negates
        # its negation is derived: compiling both would double with every reference in a row
        found = Predicate(f"({self.sql(tree['root'])})")
        self._decides = decides
        self._inside.pop()
        return found

    def sql(self, node: Node, *, negate: bool = False) -> str:
        """A condition that is true exactly for those who fit (or do not, when negated)."""
        key = trees.group_of(node)
        if not key:
            leaf = registry.leaf(node["leaf"])
            if leaf is None:
                raise ValueError(f"Unknown leaf {node['leaf']!r}.")
            self._negates = negate
            predicate = leaf.compile(node, self)
            return predicate.negated() if negate else predicate.sql
        # none of them holds = every one of them fails
        inner = negate != (key == "not")
        is_or = (key == "any") != negate if key != "not" else negate
        decides, self._decides = self._decides, self._decides and not is_or
        parts = [self.sql(child, negate=inner) for child in node[key]]
        self._decides = decides
        if not parts:
            return "false" if is_or else "true"
        return parts[0] if len(parts) == 1 else "(" + _joined(parts, is_or=is_or) + ")"

    def source(self) -> str:
        joins = "".join(
            f" {text}" if text in {_STATS, _RFM} else _derived(text, alias)
            for text, alias in self.joins.items()
        )
        active = self.param(ACTIVE)
        return f"FROM customers_customer c{joins} WHERE c.status = {active}"


def _derived(ids: str, alias: str) -> str:
    return f" LEFT JOIN ({ids}) {alias} ON {alias}.customer_id = c.id"


def _joined(parts: Sequence[str], *, is_or: bool) -> str:
    return (" OR " if is_or else " AND ").join(parts)


def _no_segments(public_id: UUID) -> None:
    del public_id


def compile_tree(
    tree: Tree,
    *,
    as_of: datetime | None = None,
    zone: str = "UTC",
    find: registry.Trees = _no_segments,
) -> Compiled:
    """SELECT of `customer_id` for a checked tree.

    Args:
        as_of: the moment that windows count from; now by default.
        zone: IANA name; calendar days of windows are the tenant's.
        find: the rules of other segments.
    """
    build = Builder(as_of=as_of or clock.now(), zone=zone, find=find)
    condition = build.sql(tree["root"])
    source = build.source()
    return Compiled(f"SELECT c.id AS customer_id {source} AND {condition}", build.params)


def compile_counts(
    tree: Tree,
    paths: Sequence[trees.Path],
    *,
    as_of: datetime | None = None,
    zone: str = "UTC",
    find: registry.Trees = _no_segments,
) -> Compiled:
    """One row, one pass: the base, then for every path how many fit so far.

    "So far": the node itself, and, in every "all" around it, the conditions that stand before it.
    """
    build = Builder(as_of=as_of or clock.now(), zone=zone, find=find, is_whole=False)
    counts = [
        f"count(*) FILTER (WHERE {_joined(_so_far(build, tree['root'], path), is_or=False)})"
        for path in paths
    ]
    source = build.source()
    return Compiled(f"SELECT {', '.join(['count(*)', *counts])} {source}", build.params)


def _so_far(build: Builder, root: Node, path: trees.Path) -> list[str]:
    parts: list[str] = []
    node = root
    for index in path:
        key, row = trees.group_of(node), trees.children(node)
        if key == "all":
            parts += [build.sql(one) for one in row[:index]]
        node = row[index]
        if key == "not":
            return [*parts, build.sql({"not": row[: index + 1]})]
    return [*parts, build.sql(node)]
