"""Numbers of the rollup: orders, money, days since something happened.

Days are whole days that have passed (24 hours each), so "at most 30" is true until the 31st day
is over. A customer without the event has no number: only "there is none" fits.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaigns.segments import comparisons
from campaigns.segments.contracts import Node, Predicate
from campaigns.segments.fields import ChoiceField, ComparisonField
from campaigns.segments.fields.comparison import COUNT, DAYS, MONEY
from campaigns.segments.registry import Build, Leaf, Words, register
from cvm_platform.common import figures


@dataclass(frozen=True, slots=True)
class Number:
    label: str | Promise
    column: str
    unit: str


NUMBERS: dict[str, Number] = {
    "orders": Number(_("number of orders"), "orders", COUNT),
    "revenue": Number(_("revenue, net of returns"), "revenue", MONEY),
    "margin": Number(_("margin, net of returns"), "margin", MONEY),
    "average_check": Number(_("average check"), "", MONEY),
    "returns": Number(_("number of returns"), "returns", COUNT),
    "days_since_last_order": Number(_("days since the last order"), "last_order_at", DAYS),
    "days_since_first_order": Number(_("days since the first order"), "first_order_at", DAYS),
    "days_since_last_visit": Number(_("days since the last visit"), "last_visit_at", DAYS),
    "days_since_last_sent": Number(_("days since our last message"), "last_sent_at", DAYS),
    "days_since_last_open": Number(_("days since the last open"), "last_open_at", DAYS),
    "days_since_last_click": Number(_("days since the last click"), "last_click_at", DAYS),
}


def _unit(node: Mapping[str, Any]) -> str:
    number = NUMBERS.get(str(node.get("field")))
    return number.unit if number else COUNT


def _may_miss(node: Mapping[str, Any]) -> bool:
    return _unit(node) == DAYS or node.get("field") == "average_check"


def _compile(node: Node, build: Build) -> Predicate:
    number, comparison = NUMBERS[node["field"]], node["is"]
    stats = build.stats()
    if node["field"] == "average_check":
        return Predicate(_average_sql(stats, comparison, build))
    column = f"{stats}.{number.column}"
    if number.unit == DAYS:
        return Predicate(_days_sql(column, comparison, build))
    return Predicate(comparisons.counted_sql(column, comparison, build.param))


def _average_sql(stats: str, comparison: comparisons.Comparison, build: Build) -> str:
    """Without division: net revenue / sales >= v  ⇔  net revenue >= v * sales. Exact."""
    op = comparison["op"]
    if op == "none":
        return f"coalesce({stats}.orders, 0) <= 0"
    if op == "some":
        return f"{stats}.orders > 0"

    def times_sales(value: Any) -> str:
        return f"{build.param(value)}::numeric * {stats}.orders"

    compared = comparisons.number_sql(f"{stats}.revenue", comparison, times_sales)
    return f"({stats}.orders > 0 AND {compared})"


def _days_sql(column: str, comparison: comparisons.Comparison, build: Build) -> str:
    """Bounds on the moment itself, so that an index on it can serve."""
    op = comparison["op"]
    if op in comparisons.PRESENCE_OPS:
        return comparisons.number_sql(column, comparison, build.param)

    def days_ago(days: int) -> str:
        return build.param(build.as_of - timedelta(days=days))

    low, high = _range(comparison)
    parts = [f"{column} > {days_ago(high + 1)}"] if high is not None else []
    parts += [f"{column} <= {days_ago(low)}"] if low is not None else []
    if op == "ne":
        return f"NOT ({' AND '.join(parts)})"
    return " AND ".join(parts)


def _range(comparison: comparisons.Comparison) -> tuple[int | None, int | None]:
    """(low, high) of whole days, both included; None is no bound."""
    op = comparison["op"]
    if op == "between":
        return comparison["low"], comparison["high"]
    value = comparison["value"]
    ranges: dict[str, tuple[int | None, int | None]] = {
        "ge": (value, None), "gt": (value + 1, None), "le": (None, value), "lt": (None, value - 1),
    }  # fmt: skip
    return ranges.get(op, (value, value))


def _describe(node: Node, words: Words) -> str:
    number = NUMBERS[node["field"]]

    def shown(value: Any) -> str:
        if number.unit == MONEY:
            return figures.money(value, words.currency)
        return figures.number(value)

    return f"{number.label}: {comparisons.describe(node['is'], shown)}"


register(
    Leaf(
        name="number",
        title=_("Orders, money or days since"),
        menu=_("Purchases"),
        fields=(
            ChoiceField(
                "field",
                choices=lambda: [(code, number.label) for code, number in NUMBERS.items()],
                reshapes=True,
            ),
            ComparisonField("is", unit=_unit, may_miss=_may_miss),
        ),
        compile=_compile,
        describe=_describe,
        start={"field": "orders", "is": {"op": "ge", "value": 2}},
    )
)
