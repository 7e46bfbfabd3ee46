"""What is wrong with a template, in words its author can act on."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _

from cvm_platform.common.errors import InvalidInput


class Part(StrEnum):
    SUBJECT = "subject"
    PREHEADER = "preheader"
    HTML = "html"
    TEXT = "text"


class Severity(StrEnum):
    ERROR = "error"  # the template cannot be used
    WARNING = "warning"  # it can, and its author should know


@dataclass(frozen=True, slots=True)
class TemplateProblem:
    """One problem at a place.

    Args:
        line: from 1; 0 when the problem is the lack of something.

    """

    part: Part
    line: int
    message: str
    severity: Severity = Severity.ERROR


class TemplateInvalid(InvalidInput):
    """The template cannot be used; `problems` says where and why."""

    code = "template_invalid"

    def __init__(self, problems: Sequence[TemplateProblem]) -> None:
        first = problems[0]
        super().__init__(
            _("The template has problems, the first: %(message)s") % {"message": first.message},
            fields={problem.part.value: problem.message for problem in reversed(problems)},
        )
        self.problems = tuple(problems)


class RenderFailed(InvalidInput):
    """The template is fine, but not with this customer's values: this message cannot be made."""

    code = "render_failed"

    def __init__(self, part: Part, line: int, message: str) -> None:
        super().__init__(message, params={"part": part.value, "line": line})
        self.part = part
        self.line = line
