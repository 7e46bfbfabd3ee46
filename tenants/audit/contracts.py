"""Who acts, and what one line of the processing log says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a user, an API key or the system itself."""

    name: str
    role: str = ""
    ip: str | None = None
    user_id: int | None = None

    @classmethod
    def of(cls, request: HttpRequest) -> "Actor":
        address = request.META.get("REMOTE_ADDR") or None
        membership = getattr(request, "membership", None)
        if membership is not None:
            return cls(f"user:{membership.user_id}", membership.role, address, membership.user_id)
        key = getattr(request, "auth", None)
        return cls(f"api:{key.pk}" if key is not None else "anonymous", "api_client", address)


SYSTEM = Actor("system")


class Action(models.TextChoices):
    """What was done with personal data: the words of 152-FZ, article 3(3), and our own verbs."""

    VIEW = "VIEW", pgettext_lazy("processing", "Viewed")
    SEARCH = "SEARCH", pgettext_lazy("processing", "Searched")
    REVEAL = "REVEAL", pgettext_lazy("processing", "Revealed")
    EXPORT = "EXPORT", pgettext_lazy("processing", "Exported")
    SEND = "SEND", pgettext_lazy("processing", "Sent a message")
    IMPORT = "IMPORT", pgettext_lazy("processing", "Loaded")
    MERGE = "MERGE", pgettext_lazy("processing", "Merged")
    UPDATE = "UPDATE", pgettext_lazy("processing", "Changed")
    BLOCK = "BLOCK", pgettext_lazy("processing", "Blocked")
    DESTROY = "DESTROY", pgettext_lazy("processing", "Destroyed")
    DEIDENTIFY = "DEIDENTIFY", pgettext_lazy("processing", "De-identified")


class Result(models.TextChoices):
    DONE = "done", _("done")
    DENIED = "denied", _("denied")
    FAILED = "failed", _("failed")


@dataclass(frozen=True, slots=True)
class ProcessingRow:
    """One act of processing: names of fields, never their values.

    `count` is how many people it touched; `subject_id` is the person when it was one.
    """

    actor: Actor
    action: str
    object_type: str = ""
    object_id: str = ""
    subject_id: int | None = None
    categories: Sequence[str] = ()
    purpose: str = ""
    basis: str = ""
    count: int = 1
    reason: str = ""
    result: str = Result.DONE
    at: datetime | None = None  # now, when not given


@dataclass(frozen=True, slots=True)
class Finding:
    """What the verifier found: a slice of a stream that is not as it was sealed."""

    stream: str
    number: int  # of the slice; 0 for rows outside any
    kind: str
    rows: str = ""

    def __str__(self) -> str:
        where = f"slice {self.number}" if self.number else "rows"
        return f"{self.stream}: {where}: {self.kind}{f' ({self.rows})' if self.rows else ''}"
