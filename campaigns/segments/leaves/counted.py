"""What "happened n times, for a sum" means, for orders and events alike.

Nothing happened means 0 times. Where 0 times fits ("at most 2 times", "exactly 0 times"), the
statement looks for those who do not fit and takes the others: nobody without a row is lost.
"""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, npgettext

from campaigns.segments import comparisons
from campaigns.segments.contracts import Node, Predicate
from campaigns.segments.fields import Problem
from campaigns.segments.registry import Build, Words
from cvm_platform.common import figures

# "at least once", and what is true exactly where that is not
_PRESENCE = (
    {"op": "ge", "value": 1}, {"op": "gt", "value": 0},
    {"op": "eq", "value": 0}, {"op": "lt", "value": 1}, {"op": "le", "value": 0},
    {"op": "between", "low": 0, "high": 0},
)  # fmt: skip


def happened(build: Build, rows: str, node: Node, amount: str) -> Predicate:
    """Customers whose rows satisfy `times` and, where asked, `sum`.

    Args:
        rows: "FROM … WHERE …" that gives rows with a `customer_id`.
        amount: the column to sum up.
    """
    times = node["times"]
    fits_nothing = comparisons.holds(times, 0)
    having = [] if times in _PRESENCE else [_times_sql(times, build, negate=fits_nothing)]
    if "sum" in node:
        total = f"coalesce(sum({amount}), 0)"
        having.append(comparisons.number_sql(total, node["sum"], build.param))
    ids = f"SELECT customer_id {rows} GROUP BY customer_id"
    if having:
        found = build.among(f"{ids} HAVING {' AND '.join(having)}")
    else:
        # one row decides: no need to count them all
        found = build.among(ids, f"SELECT {rows} AND customer_id = c.id")
    return Predicate(found.negated(), found.sql) if fits_nothing else found


def _times_sql(times: comparisons.Comparison, build: Build, *, negate: bool) -> str:
    text = comparisons.number_sql("count(*)", times, build.param)
    return f"NOT ({text})" if negate else text


def check_sum(node: Node) -> Iterator[tuple[str, Problem]]:
    if "sum" in node and comparisons.holds(node["times"], 0):
        text = _("A sum needs at least one time: change the number of times.")
        yield "sum", Problem("sum_of_nothing", text)


def describe_times(times: comparisons.Comparison) -> str:
    shown = comparisons.describe(times, figures.number)
    number = int(times.get("value", times.get("high", 0)))
    if times["op"] in {"eq", "ne"}:
        text = ngettext("%(times)s time", "%(times)s times", number)
    else:
        # other languages decline the noun after "at least" and "at most"
        text = npgettext("after a bound", "%(times)s time", "%(times)s times", number)
    return text % {"times": shown}


def describe_sum(node: Node, words: Words) -> str:
    """With its comma, or nothing."""
    if "sum" not in node:
        return ""
    money = comparisons.describe(node["sum"], lambda minor: figures.money(minor, words.currency))
    return _(", for a sum of %(money)s") % {"money": money}
