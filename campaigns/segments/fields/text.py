"""Free text: one line, or several values with commas between."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from campaigns.segments.contracts import MAX_TEXT, MAX_VALUES
from campaigns.segments.fields.base import Field, Form, Problem, Schema


def _suggest_nothing(_node: Mapping[str, Any]) -> list[str]:
    return []


def _is_text(value: Any) -> bool:
    # PostgreSQL text cannot hold the NUL character
    return isinstance(value, str) and 0 < len(value) <= MAX_TEXT and "\0" not in value


@dataclass(frozen=True)
class TextField(Field):
    suggest: Callable[[Mapping[str, Any]], list[str]] = _suggest_nothing

    template = "campaigns/segments/fields/text.html"

    def schema(self) -> Schema:
        return {"type": "string", "minLength": 1, "maxLength": MAX_TEXT}

    def check(self, value: Any, node: Mapping[str, Any]) -> Iterator[Problem]:
        del node
        if not _is_text(value):
            yield Problem("empty", _("Enter a value of up to 200 characters."))

    def read(self, form: Form, prefix: str, node: Mapping[str, Any]) -> Any:
        del node
        return form.get(prefix, "").strip() or ("" if not self.optional else None)

    def context(self, value: Any, node: Mapping[str, Any]) -> dict[str, Any]:
        return {"shown": value if isinstance(value, str) else "", "suggested": self.suggest(node)}


@dataclass(frozen=True)
class TextsField(Field):
    """At least one value, compared as it is written."""

    suggest: Callable[[Mapping[str, Any]], list[str]] = _suggest_nothing

    template = "campaigns/segments/fields/text.html"

    def schema(self) -> Schema:
        item = {"type": "string", "minLength": 1, "maxLength": MAX_TEXT}
        return {
            "type": "array", "items": item, "minItems": 1, "maxItems": MAX_VALUES,
            "uniqueItems": True,
        }  # fmt: skip

    def check(self, value: Any, node: Mapping[str, Any]) -> Iterator[Problem]:
        del node
        if not isinstance(value, list) or not value:
            yield Problem("empty", _("Enter a value; several go with commas between."))
        elif len(value) > MAX_VALUES:
            yield Problem("too_many", _("At most 500 values fit here."))
        elif not all(_is_text(one) for one in value):
            yield Problem("not_text", _("Values are texts of up to 200 characters."))
        elif len(set(value)) != len(value):
            yield Problem("repeated", _("A value stands here twice."))

    def read(self, form: Form, prefix: str, node: Mapping[str, Any]) -> Any:
        del node
        found = [one.strip() for one in form.get(prefix, "").split(",")]
        values = list(dict.fromkeys(one for one in found if one))
        return values or ([] if not self.optional else None)

    def context(self, value: Any, node: Mapping[str, Any]) -> dict[str, Any]:
        shown = ", ".join(str(one) for one in value) if isinstance(value, list) else ""
        return {"shown": shown, "suggested": self.suggest(node), "is_list": True}
