"""What every parameter of a leaf can do."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as _

Form = Mapping[str, str]
Schema = dict[str, Any]


class Problem(NamedTuple):
    """A machine name and a sentence that says the cure."""

    code: str
    message: str


@dataclass(frozen=True)
class Field:
    """One parameter. `name` is its key in the leaf; `label` stands before it in the sentence."""

    name: str
    label: str | Promise = ""
    optional: bool = False

    template = ""

    def schema(self) -> Schema:
        raise NotImplementedError

    def check(self, value: Any, node: Mapping[str, Any]) -> Iterator[Problem]:
        raise NotImplementedError

    def read(self, form: Form, prefix: str, node: Mapping[str, Any]) -> Any:
        """The value typed by a person; what is no value yet stays as typed, for `check` to say.

        None means: leave the parameter out.
        """
        raise NotImplementedError

    def context(self, value: Any, node: Mapping[str, Any]) -> dict[str, Any]:
        """What the template needs beside name, label and value."""
        del value, node
        return {}

    def problems(self, node: Mapping[str, Any]) -> Iterator[Problem]:
        if self.name not in node:
            if not self.optional:
                yield Problem("missing", _("Fill in the condition."))
            return
        yield from self.check(node[self.name], node)


def whole(text: str) -> int | str:
    """An integer if the text is one (spaces between thousands allowed), else the text itself."""
    plain = "".join(text.split())
    try:
        return int(plain)
    except ValueError:
        return text.strip()


def is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
