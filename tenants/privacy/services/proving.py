"""What stands behind consents that are brought to us, row by row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from tenants.privacy.contracts import (
    PD_CONSENT,
    PROOFS_FOR,
    SENDABLE_PROOFS,
    SEPARATE_SINCE,
    Doubt,
    Proof,
)
from tenants.privacy.models import ConsentText, Evidence, OperatorDeclaration
from tenants.privacy.services.evidence import keep_evidence
from tenants.tenancy.selectors import current_tenant

Status = OperatorDeclaration.Status


@dataclass
class Prover:
    """What stands behind the rows of one load or one integration.

    Args:
        source: of the rows; a declaration without a load speaks for all rows of its source.
        batch: the load.
        file_sha256: of its file, for the evidence.
    """

    source: str
    batch: UUID | None = None
    file_sha256: str = ""
    _declarations: list[OperatorDeclaration] = field(default_factory=list)
    _evidence: dict[int, int] = field(default_factory=dict)
    _zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    _texts: dict[UUID, ConsentText] = field(default_factory=dict)

    def __post_init__(self) -> None:
        found = OperatorDeclaration.objects.filter(status=Status.ACTIVE)
        chosen = found.filter(batch=self.batch) if self.batch else found.none()
        standing = found.filter(batch__isnull=True, source=self.source)
        self._declarations = list((chosen | standing).select_related("pd_text", "ad_text"))
        self._zone = ZoneInfo(current_tenant().timezone)
        shown = ConsentText.objects.exclude(status=ConsentText.Status.DRAFT)
        self._texts = {text.public_id: text for text in shown}

    def proof(
        self,
        document: str,
        given_at: datetime,
        *,
        customer_id: int | None = None,
        text: UUID | None = None,
        purpose: str = "",
        evidence: Mapping[str, Any] | None = None,
    ) -> Proof | None:
        """The row's own evidence with the published text it names; else the declarations'.

        None where neither says a word of such documents.
        """
        own = self._texts.get(text) if text else None
        if own is not None and evidence and own.document == document:
            is_about_this = document != PD_CONSENT or own.purposes == [purpose]
            return self._own_proof(own, given_at, customer_id, evidence) if is_about_this else None
        best: Proof | None = None
        for each in self._declarations:
            said = text_of(each, document)
            if said is None:
                continue
            doubt = doubt_about(each, given_at, given_at.astimezone(self._zone).date())
            made = Proof(
                self._evidence_of(each), said.pk, tuple(said.brands), tuple(said.topics),
                expiry(said, given_at), doubt,
            )  # fmt: skip
            if not doubt:
                return made
            best = best or made
        return best

    def method(self, document: str, channel: str, given_at: datetime, said: str) -> str:
        """How the will was checked: what the row says, or else what the declaration says."""
        if said in SENDABLE_PROOFS or document == PD_CONSENT:
            return said
        day = given_at.astimezone(self._zone).date()
        for each in self._declarations:
            if not doubt_about(each, given_at, day) and each.method in PROOFS_FOR.get(channel, ()):
                return each.method
        return said

    def _own_proof(
        self,
        text: ConsentText,
        given_at: datetime,
        customer_id: int | None,
        evidence: Mapping[str, Any],
    ) -> Proof:
        kept = keep_evidence(
            kind=Evidence.Kind.API, customer_id=customer_id, text=text,
            form_url=str(evidence.get("form_url", "")), details=evidence,
            user_agent=str(evidence.get("user_agent", "")),
        )  # fmt: skip
        return Proof(kept.pk, text.pk, tuple(text.brands), tuple(text.topics),
                     expiry(text, given_at))  # fmt: skip

    def _evidence_of(self, declaration: OperatorDeclaration) -> int:
        """One for the load: the row's own number stands with the record."""
        if declaration.pk not in self._evidence:
            self._evidence[declaration.pk] = evidence_for(
                declaration, {"batch": str(self.batch or ""), "file_sha256": self.file_sha256}
            ).pk
        return self._evidence[declaration.pk]


def text_of(declaration: OperatorDeclaration, document: str) -> ConsentText | None:
    return declaration.pd_text if document == PD_CONSENT else declaration.ad_text


def doubt_about(declaration: OperatorDeclaration, given_at: datetime, day: date) -> str:
    if not declaration.given_from <= day <= declaration.given_to:
        return Doubt.OUT_OF_RANGE
    if given_at < SEPARATE_SINCE and not declaration.accepts_legacy:
        return Doubt.LEGACY
    return ""


def expiry(text: ConsentText, given_at: datetime) -> datetime | None:
    """Months after it was given, on the same day or the last one of the month."""
    if not text.term_months:
        return None
    month = given_at.month - 1 + text.term_months
    year, month = given_at.year + month // 12, month % 12 + 1
    for day in (given_at.day, 30, 29, 28):
        try:
            return given_at.replace(year=year, month=month, day=day)
        except ValueError:
            continue
    return None


def evidence_for(declaration: OperatorDeclaration, details: Mapping[str, Any]) -> Evidence:
    return keep_evidence(
        kind=Evidence.Kind.IMPORT, text=declaration.ad_text or declaration.pd_text,
        declaration_id=declaration.pk, details=details,
    )  # fmt: skip
