"""Grounds of erasing, what is done with a row, and what an eraser is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

ACT_YEARS = 3  # RKN order 179, paragraph 8
PROOF_YEARS = 3
BACKUP_DAYS = 28


class Ground(models.TextChoices):
    """Why somebody is erased: the paragraph of 152-FZ."""

    WITHDRAWN = "WITHDRAWN_21_5", _("Consent withdrawn, art. 21(5)")
    STOP = "STOP_21_5_1", _("Demand to stop processing, art. 21(5.1)")
    ACHIEVED = "ACHIEVED_21_4", _("Purpose achieved or term over, art. 21(4)")
    UNLAWFUL = "UNLAWFUL_21_3", _("Unlawful processing, art. 21(3)")
    NOT_NEEDED = "UNLAWFUL_20_3", _("Unlawfully obtained or not needed, art. 20(3)")
    OFFBOARDING = "OFFBOARDING_6_3", _("Assignment of the operator ended, art. 6(3)")


# (number, is in working days): the longest the law allows
TERMS: dict[str, tuple[int, bool]] = {
    Ground.WITHDRAWN: (30, False),
    Ground.STOP: (10, True),
    Ground.ACHIEVED: (30, False),
    Ground.UNLAWFUL: (10, True),
    Ground.NOT_NEEDED: (7, True),
    Ground.OFFBOARDING: (30, False),
}
# data that should not be here at all is not kept for a contract either
WITHOUT_CONTRACT = frozenset({Ground.UNLAWFUL, Ground.NOT_NEEDED, Ground.OFFBOARDING})


class Means(StrEnum):
    """What is done with the rows of a store."""

    DELETE = "delete"  # rows are deleted
    STAND_IN = "stand_in"  # rows stay for sums, under a random number known to nobody
    KEEP = "keep"  # rows stay, for a named basis and term
    SHRED = "shred"  # the key is destroyed, what it sealed cannot be read


class Busy(Exception):
    """The store is being written to just now: the step is tried again later."""


@dataclass(slots=True)
class Person:
    """Somebody to be erased. `needles` are plain identifiers, in memory only, to look through
    texts and files; empty when the key is gone already.
    """

    customer_id: int
    public_id: str
    stand_in: int = 0
    needles: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()


Run = Callable[[Sequence[Person]], int]


@dataclass(frozen=True, slots=True)
class Eraser:
    """How one store forgets a person.

    Args:
        name: label of the model ("events.Event"), or any name of files and caches.
        table: empty where `run` does all of it.
        column: holds the customer's id.
        where: further condition of the rows, SQL without parameters.
        clear: assignments that STAND_IN makes besides, SQL.
        categories: kinds of data for the act, words of `erasure.words`.
        is_contract: stays as long as a contract needs it.
        basis, years: why and how long KEEP keeps.
        order: small ones first; keys go last.
    """

    name: str
    means: Means
    categories: tuple[str, ...] = ()
    table: str = ""
    column: str = "customer_id"
    where: str = ""
    clear: str = ""
    is_contract: bool = False
    basis: Any = ""  # lazily translated
    years: int = PROOF_YEARS
    order: int = 50
    run: Run | None = None


@dataclass(frozen=True, slots=True)
class Basis:
    """Another ground that still holds for a person: what it is and until when."""

    code: str
    label: Any  # lazily translated
    until: datetime | None


# customer ids → the bases of those that have one
FindBases = Callable[[Sequence[int], datetime], Mapping[int, Basis]]


@dataclass(frozen=True, slots=True)
class Sweep:
    """What the nightly work does besides: `count` looks, `apply` does; both give rows."""

    name: str
    apply: Callable[[datetime], int]


class Trigger(models.TextChoices):
    COLLECTED = "COLLECTED", _("when it was collected")
    LAST_ACTIVITY = "LAST_ACTIVITY", _("the last activity")
    PURPOSE_ACHIEVED = "PURPOSE_ACHIEVED", _("the purpose was achieved")
    WITHDRAWN = "WITHDRAWN", _("the withdrawal")
    CONTRACT_END = "CONTRACT_END", _("the end of the contract")
    AD_LAST_SENT = "AD_LAST_SENT", _("the last advertisement")


class RetentionAction(models.TextChoices):
    DESTROY = "DESTROY", pgettext_lazy("retention", "Destroy")
    AGGREGATE = "AGGREGATE", pgettext_lazy("retention", "Keep sums only")
    BLOCK = "BLOCK", pgettext_lazy("retention", "Block")


@dataclass(frozen=True, slots=True)
class Finding:
    """What a policy would take now: counts and ids, never a value.

    `people` are whole persons to be erased; other rows are only counted.
    """

    count: int
    people: Sequence[int] = ()
    sample: Sequence[str] = ()
    kept: Mapping[str, int] = field(default_factory=dict)  # reason → how many stay for it


@dataclass(frozen=True, slots=True)
class Rule:
    """How a category of data is found and destroyed when its term is over.

    `find(cutoff)` only looks; `apply(cutoff)` destroys and gives the rows. Without `apply` the
    people found are erased whole.
    """

    code: str
    label: Any  # lazily translated
    find: Callable[[datetime], Finding]
    apply: Callable[[datetime], int] | None = None
    categories: tuple[str, ...] = ()
