"""What is known of a customer and is safe to use: city, stage, tags, attributes."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.segments import comparisons, suggestions
from campaigns.segments.contracts import Node, Predicate
from campaigns.segments.fields import ChoiceField, ComparisonField, Problem, TextField, TextsField
from campaigns.segments.fields.comparison import NUMBER, always
from campaigns.segments.registry import Build, Leaf, register
from campaigns.segments.words import quoted
from cvm_platform.common import figures

# column of the customer → label
PROFILE: dict[str, str | Promise] = {
    "city": gettext_lazy("city"),
    "lifecycle_stage": gettext_lazy("lifecycle stage"),
    "age_band": gettext_lazy("age"),
    "language": gettext_lazy("language"),
    "source": gettext_lazy("source"),
}
TEXT_OPS: dict[str, str | Promise] = {
    "in": gettext_lazy("is one of"),
    "not_in": gettext_lazy("is none of"),
    "some": gettext_lazy("is known"),
    "none": gettext_lazy("is not known"),
}
TAG_OPS: dict[str, str | Promise] = {
    "any": gettext_lazy("any of the tags"),
    "all": gettext_lazy("all of the tags"),
}
MENU = gettext_lazy("Customer")


def _choices(table: Mapping[str, str | Promise]) -> Callable[[], list[tuple[str, str | Promise]]]:
    return lambda: list(table.items())


def _text_sql(value: str, node: Node, build: Build) -> Predicate:
    """`value` is '' or NULL where nothing is known; "none of" holds there too."""
    if node["op"] == "some":
        return Predicate(f"{value} <> {build.param('')}")
    if node["op"] == "none":
        return Predicate(f"coalesce({value}, {build.param('')}) = {build.param('')}")
    found = Predicate(f"{value} = ANY({build.param(sorted(node['values']))})")
    return found if node["op"] == "in" else Predicate(found.negated(), found.sql)


def _check_values(node: Node) -> Iterator[tuple[str, Problem]]:
    needs = node["op"] in {"in", "not_in"}
    if needs and "values" not in node:
        yield "values", Problem("empty", _("Enter a value; several go with commas between."))
    elif not needs and "values" in node:
        yield "values", Problem("unexpected", _("No values are needed here."))


def _shows(name: str, node: Mapping[str, Any]) -> bool:
    return name != "values" or node.get("op") in {"in", "not_in"}


def _describe_text(label: object, node: Node) -> str:
    text = f"{label} {TEXT_OPS[node['op']]}"
    return f"{text}: {', '.join(node['values'])}" if "values" in node else text


def _compile_tag(node: Node, build: Build) -> Predicate:
    operator = "&&" if node["op"] == "any" else "@>"
    return Predicate(f"c.tags {operator} {build.param(sorted(node['values']))}::varchar[]")


def _compile_attribute_number(node: Node, build: Build) -> Predicate:
    """CASE, because AND promises no order and the cast of a text would fail."""
    name = build.param(node["name"])
    number = f"(c.attributes ->> {name})::numeric"
    comparison = comparisons.number_sql(number, node["is"], build.param)
    is_number = f"jsonb_typeof(c.attributes -> {name}) = {build.param('number')}"
    return Predicate(f"CASE WHEN {is_number} THEN {comparison} ELSE false END")


register(
    Leaf(
        name="profile",
        title=gettext_lazy("City, stage, age, language or source"),
        menu=MENU,
        fields=(
            ChoiceField("field", choices=_choices(PROFILE), reshapes=True),
            ChoiceField("op", choices=_choices(TEXT_OPS), reshapes=True),
            TextsField("values", optional=True, suggest=suggestions.profile_values),
        ),
        compile=lambda node, build: _text_sql(f"c.{node['field']}", node, build),
        describe=lambda node, _words: _describe_text(PROFILE[node["field"]], node),
        start={"field": "city", "op": "in", "values": []},
        check=_check_values,
        shows=_shows,
    )
)
register(
    Leaf(
        name="tag",
        title=gettext_lazy("Tag"),
        menu=MENU,
        fields=(
            ChoiceField("op", gettext_lazy("has"), choices=_choices(TAG_OPS)),
            TextsField("values", suggest=suggestions.tags),
        ),
        compile=_compile_tag,
        describe=lambda node, _words: (
            f"{_('has')} {TAG_OPS[node['op']]}: {', '.join(node['values'])}"
        ),
        start={"op": "any", "values": []},
    )
)
register(
    Leaf(
        name="attribute",
        title=gettext_lazy("Attribute"),
        menu=MENU,
        fields=(
            TextField("name", gettext_lazy("attribute"), suggest=suggestions.attributes),
            ChoiceField("op", choices=_choices(TEXT_OPS), reshapes=True),
            TextsField("values", optional=True, suggest=suggestions.attribute_values),
        ),
        # compared as text, whatever the JSON type: 3 is "3", true is "true"
        compile=lambda node, build: _text_sql(
            f"(c.attributes ->> {build.param(node['name'])})", node, build
        ),
        describe=lambda node, _words: _describe_text(quoted(node["name"]), node),
        start={"name": "", "op": "in", "values": []},
        check=_check_values,
        shows=_shows,
    )
)
register(
    Leaf(
        name="attribute_number",
        title=gettext_lazy("Attribute as a number"),
        menu=MENU,
        fields=(
            TextField("name", gettext_lazy("attribute"), suggest=suggestions.attributes),
            ComparisonField("is", unit=always(NUMBER)),
        ),
        compile=_compile_attribute_number,
        describe=lambda node, _words: (
            f"{quoted(node['name'])}: {comparisons.describe(node['is'], figures.number)}"
        ),
        start={"name": "", "is": {"op": "ge", "value": 1}},
    )
)
