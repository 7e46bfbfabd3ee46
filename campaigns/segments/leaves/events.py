"""Any event: what, how often, when, in which categories."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.segments import suggestions
from campaigns.segments.contracts import Node, Predicate
from campaigns.segments.fields import ChoiceField, ComparisonField, TextsField, WindowField
from campaigns.segments.fields.comparison import MONEY, always
from campaigns.segments.fields.window import describe_window, window_sql
from campaigns.segments.leaves.counted import check_sum, describe_sum, describe_times, happened
from campaigns.segments.registry import Build, Leaf, Words, register
from campaigns.segments.words import quoted

# known kinds by name; a tenant's own kinds are taken as they are called
KINDS: dict[str, str | Promise] = {
    "order": gettext_lazy("purchase"),
    "return": gettext_lazy("return"),
    "visit": gettext_lazy("visit to the site"),
    "product_view": gettext_lazy("look at a product"),
    "add_to_cart": gettext_lazy("product put into the cart"),
    "sent": gettext_lazy("message sent"),
    "delivered": gettext_lazy("message delivered"),
    "open": gettext_lazy("message opened"),
    "click": gettext_lazy("click in a message"),
    "unsubscribe": gettext_lazy("unsubscribed"),
    "complaint": gettext_lazy("complained of spam"),
    "bounce": gettext_lazy("message returned"),
}
KIND_PATTERN = "[a-z][a-z0-9_.]{0,39}"


def _compile(node: Node, build: Build) -> Predicate:
    when = window_sql("ts", node["window"], build.as_of, build.zone, build.param)
    where = f"kind = {build.param(node['kind'])} AND {when}"
    if "categories" in node:
        where += f" AND category = ANY({build.param(sorted(node['categories']))})"
    return happened(build, f"FROM events_event WHERE {where}", node, "amount")


def _describe(node: Node, words: Words) -> str:
    kind = KINDS.get(node["kind"], node["kind"])
    text = f"{kind}: {describe_times(node['times'])} {describe_window(node['window'])}"
    if "categories" in node:
        names = ", ".join(quoted(name) for name in node["categories"])
        text += _(", in the categories %(names)s") % {"names": names}
    return text + describe_sum(node, words)


register(
    Leaf(
        name="event",
        title=gettext_lazy("Event happened n times"),
        menu=gettext_lazy("Behaviour"),
        fields=(
            ChoiceField(
                "kind", choices=lambda: list(KINDS.items()), is_open=True, pattern=KIND_PATTERN
            ),
            ComparisonField("times", gettext_lazy("times")),
            WindowField("window"),
            TextsField(
                "categories", gettext_lazy("in categories"), optional=True,
                suggest=suggestions.categories,
            ),
            ComparisonField(
                "sum", gettext_lazy("for a sum"), optional=True, unit=always(MONEY)
            ),
        ),
        compile=_compile,
        describe=_describe,
        start={
            "kind": "order", "times": {"op": "ge", "value": 1},
            "window": {"kind": "last", "days": 30},
        },
        check=check_sum,
    )
)  # fmt: skip
