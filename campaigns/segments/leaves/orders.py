"""Paid orders in a period: how many and for how much."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.segments.contracts import Node, Predicate
from campaigns.segments.fields import ComparisonField, WindowField
from campaigns.segments.fields.comparison import MONEY, always
from campaigns.segments.fields.window import describe_window, window_sql
from campaigns.segments.leaves.counted import check_sum, describe_sum, describe_times, happened
from campaigns.segments.registry import Build, Leaf, Words, register

SALE, PAID = "sale", "paid"


def _compile(node: Node, build: Build) -> Predicate:
    when = window_sql("ts", node["window"], build.as_of, build.zone, build.param)
    rows = (
        f"FROM events_order WHERE kind = {build.param(SALE)} AND status = {build.param(PAID)} "
        f"AND customer_id IS NOT NULL AND {when}"
    )
    return happened(build, rows, node, "revenue")


def _describe(node: Node, words: Words) -> str:
    said = {"times": describe_times(node["times"]), "when": describe_window(node["window"])}
    return gettext("ordered %(times)s %(when)s") % said + describe_sum(node, words)


register(
    Leaf(
        name="orders",
        title=_("Ordered n times in a period"),
        menu=_("Purchases"),
        fields=(
            ComparisonField("times", _("ordered, times")),
            WindowField("window"),
            ComparisonField("sum", _("for a sum"), optional=True, unit=always(MONEY)),
        ),
        compile=_compile,
        describe=_describe,
        start={"times": {"op": "ge", "value": 1}, "window": {"kind": "last", "days": 90}},
        check=check_sum,
    )
)
