"""Nobody can forget to log: whoever opens a sealed value leaves a note here.

The vault notes whose values it opened; the middleware writes one line a request from the notes.
A view that knows better what is being done says so with `describe`. Work outside requests
(sending, erasing) logs by itself; its notes go nowhere.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from tenants.audit.contracts import Action


@dataclass(slots=True)
class Notes:
    """What one request opened, and how the view calls it."""

    subjects: set[int] = field(default_factory=set)
    categories: set[str] = field(default_factory=set)
    action: str = Action.VIEW
    purpose: str = ""
    basis: str = ""
    reason: str = ""
    people: int = 0  # seen in another way than by opening sealed values
    is_described: bool = False

    @property
    def count(self) -> int:
        return max(len(self.subjects), self.people)

    @property
    def is_empty(self) -> bool:
        return not self.subjects and not self.is_described


_notes: ContextVar[Notes | None] = ContextVar("notes", default=None)


@contextmanager
def watching() -> Iterator[Notes]:
    notes = Notes()
    token = _notes.set(notes)
    try:
        yield notes
    finally:
        _notes.reset(token)


def note_opened(subject_ids: Iterable[int], category: str) -> None:
    notes = _notes.get()
    if notes is None:
        return
    before = len(notes.subjects)
    notes.subjects.update(subject_ids)
    if category and (len(notes.subjects) > before or notes.subjects):
        notes.categories.add(category)


def describe(
    action: str,
    *,
    subject_ids: Iterable[int] = (),
    categories: Iterable[str] = (),
    purpose: str = "",
    basis: str = "",
    reason: str = "",
    people: int = 0,
) -> None:
    """What this request is: an export, a search, a reveal; logged even when it opened nothing.

    `people` counts those whose data is shown without a sealed value, as in a kept letter.
    """
    notes = _notes.get()
    if notes is None:
        return
    notes.action, notes.is_described, notes.people = action, True, people
    notes.subjects.update(subject_ids)
    notes.categories.update(categories)
    notes.purpose, notes.basis, notes.reason = purpose, basis, reason
