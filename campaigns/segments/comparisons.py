"""Comparisons of a number: {"op": "ge", "value": 2}, {"op": "between", "low": 1, "high": 5}.

`some` and `none` ask whether there is a value at all and fit only numbers that may be missing.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

ORDER_OPS = ("ge", "le", "gt", "lt", "eq", "ne")
PRESENCE_OPS = ("some", "none")
SIGNS = {"ge": ">=", "le": "<=", "gt": ">", "lt": "<", "eq": "=", "ne": "<>"}

LABELS: dict[str, str | Promise] = {
    "ge": gettext_lazy("at least"),
    "le": gettext_lazy("at most"),
    "gt": gettext_lazy("more than"),
    "lt": gettext_lazy("less than"),
    "eq": gettext_lazy("exactly"),
    "ne": gettext_lazy("other than"),
    "between": gettext_lazy("from … to …"),
    "some": gettext_lazy("there is one"),
    "none": gettext_lazy("there is none"),
}

_HOLDS: dict[str, Callable[[float, float], bool]] = {
    "ge": lambda number, value: number >= value,
    "le": lambda number, value: number <= value,
    "gt": lambda number, value: number > value,
    "lt": lambda number, value: number < value,
    "eq": lambda number, value: number == value,
    "ne": lambda number, value: number != value,
}

Comparison = Mapping[str, Any]
Param = Callable[[Any], str]


def holds(comparison: Comparison, number: float) -> bool:
    """For a number that is there."""
    op = comparison["op"]
    if op in PRESENCE_OPS:
        return bool(op == "some")
    if op == "between":
        return bool(comparison["low"] <= number <= comparison["high"])
    return _HOLDS[op](number, comparison["value"])


def number_sql(expression: str, comparison: Comparison, param: Param) -> str:
    """SQL of the comparison; NULL where the expression is NULL, except for some and none."""
    op = comparison["op"]
    if op == "none":
        return f"{expression} IS NULL"
    if op == "some":
        return f"{expression} IS NOT NULL"
    if op == "between":
        low, high = param(comparison["low"]), param(comparison["high"])
        return f"{expression} BETWEEN {low} AND {high}"
    return f"{expression} {SIGNS[op]} {param(comparison['value'])}"


def counted_sql(expression: str, comparison: Comparison, param: Param) -> str:
    """As `number_sql` for a number whose absence means 0.

    Where 0 does not fit, the bare expression stays, so that an index and an inner join can serve.
    """
    if holds(comparison, 0):
        expression = f"coalesce({expression}, 0)"
    return number_sql(expression, comparison, param)


def describe(comparison: Comparison, show: Callable[[Any], str] = str) -> str:
    op = comparison["op"]
    if op == "between":
        low, high = show(comparison["low"]), show(comparison["high"])
        return _("from %(low)s to %(high)s") % {"low": low, "high": high}
    if op in PRESENCE_OPS:
        return str(LABELS[op])
    return f"{LABELS[op]} {show(comparison['value'])}"
