"""What the consents' screens show."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet

from tenants.privacy.contracts import Doubt
from tenants.privacy.models import (
    AdPermission,
    ConsentForm,
    ConsentRecord,
    ConsentText,
    OperatorDeclaration,
    StopEvent,
)

NEWEST = 50


@dataclass(frozen=True, slots=True)
class Doubted:
    """One load or source whose consents nobody stands behind yet."""

    batch: Any
    source: str
    documents: int
    reason: str


def texts() -> QuerySet[ConsentText]:
    return ConsentText.objects.order_by("status", "document", "title", "-version")


def declarations() -> QuerySet[OperatorDeclaration]:
    return OperatorDeclaration.objects.select_related("pd_text", "ad_text").order_by("-id")


def forms() -> QuerySet[ConsentForm]:
    return ConsentForm.objects.order_by("name")


def stops() -> QuerySet[StopEvent]:
    return StopEvent.objects.order_by("-received_at")[:NEWEST]


def doubted() -> list[Doubted]:
    """Documents in doubt by load: what a declaration, or asking people anew, would mend."""
    found: dict[tuple[Any, str, str], int] = {}
    for model in (ConsentRecord, AdPermission):
        rows = model.objects.filter(status__in=["INVALIDATED", "PENDING"]).exclude(doubt="")
        source = "source" if model is ConsentRecord else "details__source"
        for batch, name, doubt, count in rows.values_list("batch", source, "doubt").annotate(
            count=Count("pk")
        ):
            key = (batch, name or "", doubt)
            found[key] = found.get(key, 0) + count
    return [
        Doubted(batch, source, count, str(Doubt(doubt).label))
        for (batch, source, doubt), count in sorted(found.items(), key=lambda each: -each[1])
    ]
