"""One of a list, several of a list, scores from 1 to 5."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from campaigns.segments.contracts import MAX_VALUES
from campaigns.segments.fields.base import Field, Form, Problem, Schema, is_int

Choices = list[tuple[str, str | Promise]]


@dataclass(frozen=True)
class ChoiceField(Field):
    """`is_open`: the choices are suggestions, anything that fits `pattern` is a value."""

    choices: Callable[[], Choices] = list
    is_open: bool = False
    pattern: str = ""
    # another choice changes what the rest of the card asks for
    reshapes: bool = False

    template = "campaigns/segments/fields/choice.html"

    def schema(self) -> Schema:
        if self.is_open:
            return {"type": "string", **({"pattern": self.pattern} if self.pattern else {})}
        return {"enum": [code for code, _label in self.choices()]}

    def check(self, value: Any, node: Mapping[str, Any]) -> Iterator[Problem]:
        del node
        if not isinstance(value, str) or not self._knows(value):
            yield Problem("unknown_choice", _("Choose a value from the list."))

    def _knows(self, value: str) -> bool:
        if self.is_open:
            return re.fullmatch(self.pattern, value, re.ASCII) is not None
        return value in dict(self.choices())

    def read(self, form: Form, prefix: str, node: Mapping[str, Any]) -> Any:
        del node
        return form.get(prefix, "") or ("" if not self.optional else None)

    def context(self, value: Any, node: Mapping[str, Any]) -> dict[str, Any]:
        del node
        choices = self.choices()
        if value and value not in dict(choices):
            choices = [*choices, (str(value), str(value))]
        return {"choices": choices, "reshapes": self.reshapes}

    def label_of(self, value: str) -> str:
        return str(dict(self.choices()).get(value, value))


@dataclass(frozen=True)
class ChoicesField(Field):
    """Any of a closed list, at least one."""

    choices: Callable[[], Choices] = list

    template = "campaigns/segments/fields/choices.html"

    def schema(self) -> Schema:
        codes = [code for code, _label in self.choices()]
        return {"type": "array", "items": {"enum": codes}, "minItems": 1, "uniqueItems": True}

    def check(self, value: Any, node: Mapping[str, Any]) -> Iterator[Problem]:
        del node
        known = dict(self.choices())
        if not isinstance(value, list) or not value:
            yield Problem("empty", _("Choose at least one value."))
        elif len(value) > MAX_VALUES or any(
            not isinstance(one, str) or one not in known for one in value
        ):
            yield Problem("unknown_choice", _("Choose a value from the list."))
        elif len(set(value)) != len(value):
            yield Problem("repeated", _("A value stands here twice."))

    def read(self, form: Form, prefix: str, node: Mapping[str, Any]) -> Any:
        del node
        picked = [code for code, _label in self.choices() if form.get(f"{prefix}:{code}")]
        return picked or ([] if not self.optional else None)

    def context(self, value: Any, node: Mapping[str, Any]) -> dict[str, Any]:
        del node
        chosen = value if isinstance(value, list) else []
        return {"rows": [(code, label, code in chosen) for code, label in self.choices()]}


@dataclass(frozen=True)
class ScoresField(Field):
    """Scores from 1 (worst) to 5 (best); left out, any score fits."""

    optional: bool = True

    template = "campaigns/segments/fields/choices.html"

    def schema(self) -> Schema:
        return {
            "type": "array",
            "items": {"type": "integer", "minimum": 1, "maximum": 5},
            "minItems": 1,
            "uniqueItems": True,
        }

    def check(self, value: Any, node: Mapping[str, Any]) -> Iterator[Problem]:
        del node
        if not isinstance(value, list) or not value:
            yield Problem("empty", _("Choose at least one value."))
        elif any(not is_int(one) or not 1 <= one <= 5 for one in value):
            yield Problem("out_of_range", _("Scores run from 1 to 5."))
        elif len(set(value)) != len(value):
            yield Problem("repeated", _("A value stands here twice."))

    def read(self, form: Form, prefix: str, node: Mapping[str, Any]) -> Any:
        del node
        return [score for score in range(1, 6) if form.get(f"{prefix}:{score}")] or None

    def context(self, value: Any, node: Mapping[str, Any]) -> dict[str, Any]:
        del node
        chosen = value if isinstance(value, list) else []
        return {"rows": [(score, str(score), score in chosen) for score in range(1, 6)]}
