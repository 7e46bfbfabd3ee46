"""Shapes of consents on their way in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import models
from django.utils.translation import pgettext_lazy

# Proofs that the address is the customer's own; anything else is kept as NONE, never sendable.
SENDABLE_PROOFS = frozenset(
    {"OTP_SMS", "DOI_EMAIL", "AUTH_SESSION", "PAPER_SIGNED", "POS_OTP", "CALL_RECORDING",
     "E_SIGNATURE"}
)  # fmt: skip
PD_CONSENT = "PD_CONSENT"
AD_PERMISSION = "AD_PERMISSION"
# what a proof must be for each channel: a letter confirms no telephone (38-FZ 18, 126-FZ 44.1)
_ANYWHERE = frozenset({"PAPER_SIGNED", "POS_OTP", "CALL_RECORDING", "E_SIGNATURE", "AUTH_SESSION"})
PROOFS_FOR: Mapping[str, frozenset[str]] = {
    "EMAIL": _ANYWHERE | {"DOI_EMAIL"},
    "SMS": _ANYWHERE | {"OTP_SMS"},
    "CALL_HUMAN": _ANYWHERE | {"OTP_SMS"},
    "CALL_MASS": _ANYWHERE | {"OTP_SMS"},
}
# consents inside other documents were usual before 156-FZ came into force
SEPARATE_SINCE = datetime(2025, 8, 31, 21, tzinfo=UTC)  # 1 September, Moscow
# the lock between a stop and a window of messages that is handed over: whoever comes second
# sees what the first did
HAND_OVER = "hand-over"
# what a consent form may ask for: nothing else is needed to send what was asked for
FORM_FIELDS = ("email", "phone", "first_name", "last_name", "city")
# how long an unconfirmed sign-up waits
CONFIRM_WITHIN = timedelta(hours=72)


class StopKind(models.TextChoices):
    """The stop events of the law, never merged, and the two that machines report."""

    CHANNEL_UNSUBSCRIBE = "CHANNEL_UNSUBSCRIBE", pgettext_lazy("stop", "Unsubscribed")
    PROMOTION_STOP_15_2 = "PROMOTION_STOP_15_2", pgettext_lazy("stop", "Demands to stop promotion")
    CONSENT_WITHDRAWAL_9_2 = "CONSENT_WITHDRAWAL_9_2", pgettext_lazy("stop", "Withdrew a consent")
    PROCESSING_STOP_21_5_1 = (
        "PROCESSING_STOP_21_5_1", pgettext_lazy("stop", "Demands to stop processing"),
    )  # fmt: skip
    SPAM_COMPLAINT = "SPAM_COMPLAINT", pgettext_lazy("stop", "Complained of spam")
    OPERATOR_REFUSAL = "OPERATOR_REFUSAL", pgettext_lazy("stop", "Refused at the mobile operator")
    HARD_OPT_OUT_VERBAL = "HARD_OPT_OUT_VERBAL", pgettext_lazy("stop", "Refused in a call")
    HARD_BOUNCE = "HARD_BOUNCE", pgettext_lazy("stop", "The address does not exist")
    ADDRESS_CHANGED = "ADDRESS_CHANGED", pgettext_lazy("stop", "The address has changed hands")


class Doubt(models.TextChoices):
    """Why a consent that was brought to us is no proof."""

    NO_EVIDENCE = "no_evidence", pgettext_lazy("doubt", "No declaration of the operator")
    OUT_OF_RANGE = "out_of_range", pgettext_lazy("doubt", "Not what the declaration speaks of")
    LEGACY = "legacy", pgettext_lazy("doubt", "Given before 1 September 2025 with other documents")
    UNVERIFIED = "unverified", pgettext_lazy("doubt", "Nobody checked whose address it is")
    REVOKED = "revoked", pgettext_lazy("doubt", "The declaration was taken back")


@dataclass(frozen=True, slots=True)
class Problem:
    """What must be mended before something is published; `field` is where."""

    code: str
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """One document: consent to processing for a purpose, or permission to advertise to an address.

    A `withdrawn_at` makes it a withdrawal. `method` is how the customer's will was checked.
    """

    customer_id: int
    document: str  # PD_CONSENT or AD_PERMISSION
    given_at: datetime
    purpose: str = ""  # of PD_CONSENT: PROMO_DIRECT, PROMO_PROFILING
    channel: str = ""  # of AD_PERMISSION: EMAIL, SMS, PUSH_APP
    address_hmac: bytes = b""  # of AD_PERMISSION
    withdrawn_at: datetime | None = None
    method: str = "NONE"
    source: str = "import"
    # what the row itself says of its proof; kept with the record
    details: Mapping[str, Any] = field(default_factory=dict)
    proof: "Proof | None" = None
    batch: UUID | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """What stands behind a row: evidence in the vault, and what the text of it says.

    `doubt` is why it does not count all the same.
    """

    evidence_id: int
    text_id: int | None = None
    brands: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    expires_at: datetime | None = None
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class ConsentReport:
    """`kept` rows were known already, or older than a stop that they must not undo."""

    added: int
    withdrawn: int
    kept: int
    # of `added`: taken down, but no permission to do anything
    unproved: int = 0


# why an address is suppressed, by the kind of stop
REASONS: Mapping[str, str] = {
    StopKind.CHANNEL_UNSUBSCRIBE: "unsubscribe",
    StopKind.PROMOTION_STOP_15_2: "promotion_stop",
    StopKind.CONSENT_WITHDRAWAL_9_2: "withdrawal",
    StopKind.PROCESSING_STOP_21_5_1: "processing_stop",
    StopKind.SPAM_COMPLAINT: "complaint",
    StopKind.OPERATOR_REFUSAL: "operator_refusal",
    StopKind.HARD_OPT_OUT_VERBAL: "verbal",
    StopKind.HARD_BOUNCE: "hard_bounce",
    StopKind.ADDRESS_CHANGED: "address_changed",
}
# purposes that are promotion (152-FZ, article 15): only ever by consent
PROMOTION_PURPOSES = frozenset({"PROMO_DIRECT", "PROMO_PROFILING", "AUDIENCE_TRANSFER"})
# stops of advertising at all, not of one channel
WHOLE_STOPS = frozenset(
    {StopKind.PROMOTION_STOP_15_2, StopKind.CONSENT_WITHDRAWAL_9_2, StopKind.PROCESSING_STOP_21_5_1}
)
# what a fresh confirmation by the owner of the address undoes; a dead address stays dead
LIFTED_BY_OWNER = tuple(REASONS[kind] for kind in StopKind if kind != StopKind.HARD_BOUNCE)
