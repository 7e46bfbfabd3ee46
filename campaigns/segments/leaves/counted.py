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


def happened(build: Build, rows: str, node: Node, amount: str) -> Predicate:
    """Customers whose rows satisfy `times` and, where asked, `sum`.

    Args:
        rows: "FROM … WHERE …" that gives rows with a `customer_id`.
        amount: the column to sum up.
    """
    times = node["times"]
    fits_nothing = comparisons.holds(times, 0)
    having = comparisons.number_sql("count(*)", times, build.param)
    if fits_nothing:
        having = f"NOT ({having})"
    elif times in ({"op": "ge", "value": 1}, {"op": "gt", "value": 0}):
        having = ""
    if "sum" in node:
        total = comparisons.number_sql(f"coalesce(sum({amount}), 0)", node["sum"], build.param)
        having = f"{having} AND {total}" if having else total
    ids = f"SELECT customer_id {rows} GROUP BY customer_id"
    found = build.among(f"{ids} HAVING {having}" if having else ids)
    return Predicate(found.negated(), found.sql) if fits_nothing else found


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
