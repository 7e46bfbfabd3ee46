"""What an app says about a thing that needs a second person, or about work with a term."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tenants.accounts.contracts import Permission

# after how much of a term people are reminded: half, most, all of it
ALERTS = (50, 80, 100)
LONGEST_NOTE = 2_000


@dataclass(frozen=True, slots=True)
class ApprovalKind:
    """One sort of decision.

    `approver` is the permission of those who may decide; whoever asked may not, unless
    `needs_second` is False. `decided` runs in the transaction of the decision, with the target's
    id and whether it was approved.
    """

    code: str
    label: Any  # lazily translated
    approver: Permission
    decided: Callable[[str, bool], None] | None = None
    needs_second: bool = True


@dataclass(frozen=True, slots=True)
class TaskKind:
    """One sort of work; `title` makes its sentence from the parameters it was opened with."""

    code: str
    label: Any  # lazily translated
    permission: Permission  # who sees it and may close it
    title: Callable[[Mapping[str, Any]], str]
    # whether a person may close it by hand; others close themselves when the thing is done
    by_hand: bool = True


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a comparison."""

    name: str
    before: str
    after: str

    @property
    def is_changed(self) -> bool:
        return self.before != self.after


def content_hash(content: Mapping[str, Any]) -> str:
    """Of what is approved: a decision holds for exactly this and nothing else."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """By field, in the order of `after`; what is only in `before` comes last."""
    names = [*after, *(name for name in before if name not in after)]
    return [Change(name, _text(before.get(name)), _text(after.get(name))) for name in names]


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
