"""Shapes of consents on their way in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

# Proofs that the address is the customer's own; anything else is kept as NONE, never sendable.
SENDABLE_PROOFS = frozenset(
    {"OTP_SMS", "DOI_EMAIL", "AUTH_SESSION", "PAPER_SIGNED", "POS_OTP", "CALL_RECORDING",
     "E_SIGNATURE"}
)  # fmt: skip
PD_CONSENT = "PD_CONSENT"
AD_PERMISSION = "AD_PERMISSION"


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
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConsentReport:
    """`kept` rows were known already, or older than a stop that they must not undo."""

    added: int
    withdrawn: int
    kept: int


# why an address is suppressed, by the kind of stop
REASONS: Mapping[str, str] = {
    "CHANNEL_UNSUBSCRIBE": "unsubscribe",
    "SPAM_COMPLAINT": "complaint",
    "HARD_BOUNCE": "hard_bounce",
    "STAFF_STOP": "staff",
    "IMPORTED_WITHDRAWAL": "unsubscribe",
}
