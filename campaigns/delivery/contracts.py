"""Words and shapes of the sending path. No Django here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

# ---- why a message was not sent: the first that applies, in this order (152-FZ, part 6.2).
# What is known of the company, the channel and the content is the same for everybody of a slice
# (`SHARED`); the rest is asked about each person.
AGREEMENT = "B_AGREEMENT"
RKN = "B_RKN"
PROFILE = "B_PROFILE"
PD_CONSENT = "B_PD_CONSENT"
AD_PERMISSION = "B_AD_PERMISSION"
EVIDENCE = "B_EVIDENCE"
SUPPRESSED = "B_SUPPRESSED"
CONTACT = "B_CONTACT"
FIELDS = "B_FIELDS"
CONTENT = "B_CONTENT"
CHANNEL_LAW = "B_CHANNEL_LAW"
CROSS_BORDER = "B_CROSS_BORDER"
AUTODECISION = "B_AUTODECISION"
MINOR = "B_MINOR"
GLOBAL_CONTROL = "C_GLOBAL"
LOCAL_CONTROL = "C_LOCAL"
POLICY_CAP = "B_POLICY_CAP"
POLICY_QUIET = "B_POLICY_QUIET"
CANCELLED = "CANCELLED"
REASONS = (
    AGREEMENT, RKN, PROFILE, PD_CONSENT, AD_PERMISSION, EVIDENCE, SUPPRESSED, CONTACT, FIELDS,
    CONTENT, CHANNEL_LAW, CROSS_BORDER, AUTODECISION, MINOR, GLOBAL_CONTROL, LOCAL_CONTROL,
    POLICY_CAP, POLICY_QUIET, CANCELLED,
)  # fmt: skip
SHARED = (
    AGREEMENT, RKN, FIELDS, CONTENT, CHANNEL_LAW, CROSS_BORDER, AUTODECISION,
)  # fmt: skip

# ---- channels: which address of a person they use, and which category of data it is
EMAIL, SMS, CALL_MASS = "EMAIL", "SMS", "CALL_MASS"
ADDRESS_KINDS = {
    EMAIL: "email", SMS: "phone", "CALL_HUMAN": "phone", CALL_MASS: "phone",
    "MESSENGER_MAX": "phone", "MESSENGER_TELEGRAM": "phone", "MESSENGER_WHATSAPP": "phone",
}  # fmt: skip
ADDRESS_CATEGORIES = {"email": "EMAIL", "phone": "PHONE", "": "DEVICE_ID"}

# ---- why a message failed, besides the other side's own codes
UNREADABLE = "unreadable"  # the customer's key is gone, or the stored value is damaged
BAD_CONTENT = "render_failed"
GAVE_UP = "gave_up"

WINDOW = 25  # messages put on the wire between two commits


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `messages` advertising messages in any `days` days, this one included."""

    messages: int
    days: int = 7


@dataclass(frozen=True, slots=True)
class Quiet:
    """No messages from `start` to `end` (HH:MM, over midnight too) by the customer's clock."""

    start: str = "21:00"
    end: str = "09:00"


@dataclass(frozen=True, slots=True)
class Policy:
    """What the gate needs to know of a campaign; stored with the dispatch.

    Args:
        is_advertising: False for service messages: no advertising checks, no control groups.
        local_layer: id of the campaign's own layer, or None.
        global_layer: id of the global layer, or None.
        cap: at most so many messages; None: no limit of the company's.
        quiet: hours of the company's own; those of the channel's law hold besides.
        brand: whose advertising it is; the permission must name it. "": the company as such.
        topic: what it is about; a permission that is narrowed to topics must have it.
        decides: a significant automated decision, and whether a person has confirmed it: "",
            "open" or "confirmed" (152-FZ, article 16).

    """

    is_advertising: bool = True
    global_layer: int | None = None
    local_layer: int | None = None
    cap: Cap | None = field(default_factory=lambda: Cap(3))
    quiet: Quiet | None = None
    channel: str = EMAIL
    brand: str = ""
    topic: str = ""
    decides: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "is_advertising": self.is_advertising,
            "global_layer": self.global_layer,
            "local_layer": self.local_layer,
            "cap": {"messages": self.cap.messages, "days": self.cap.days} if self.cap else None,
            "quiet": {"start": self.quiet.start, "end": self.quiet.end} if self.quiet else None,
            "channel": self.channel,
            "brand": self.brand,
            "topic": self.topic,
            "decides": self.decides,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Policy":
        cap, quiet = data.get("cap"), data.get("quiet")
        return cls(
            is_advertising=data.get("is_advertising", True),
            global_layer=data.get("global_layer"),
            local_layer=data.get("local_layer"),
            cap=Cap(**cap) if cap else None,
            quiet=Quiet(**quiet) if quiet else None,
            channel=data.get("channel", EMAIL),
            brand=data.get("brand", ""),
            topic=data.get("topic", ""),
            decides=data.get("decides", ""),
        )


@dataclass(frozen=True, slots=True)
class Ruling:
    """What holds for everybody of a slice at a moment: company, channel, content.

    Args:
        blocked: {code of `SHARED`: sentence for people}, in the gate's order.
        quiet: hours of the channel's law.
        asks_permission: the channel needs a permission for service messages too.
        needs_profiling: the content uses behaviour: a consent to profiling, person by person.
        admits_teens: people of 14 to 17 may be written to.

    """

    blocked: Mapping[str, str] = field(default_factory=dict)
    quiet: Quiet | None = None
    asks_permission: bool = False
    needs_profiling: bool = False
    admits_teens: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """Where every recipient is: sent + suppressed + failed + ambiguous + waiting = audience.

    Args:
        reasons: suppressed by gate code, in the gate's order.
        failures: failed by code.

    """

    audience: int
    sent: int
    suppressed: int
    failed: int
    ambiguous: int
    waiting: int
    reasons: dict[str, int]
    failures: dict[str, int] = field(default_factory=dict)

    @property
    def adds_up(self) -> bool:
        done = self.sent + self.suppressed + self.failed + self.ambiguous
        return self.waiting >= 0 and done + self.waiting == self.audience


@dataclass(frozen=True, slots=True)
class Claim:
    """A slice in the hands of one worker until `lease_until`, which every flush moves on.

    Args:
        owner: different at every claim, so that a worker that lost its lease can do no harm.

    """

    schema: str
    slice_id: int
    dispatch_id: int
    number: int
    size: int
    attempts: int
    owner: str
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class Gated:
    """A message that may leave: the gate let it through and nobody has sent it."""

    customer_id: int
    contact_id: int
    attempts: int
