"""Shapes of a broadcast before it starts. No Django here."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from campaigns.delivery.contracts import REASONS

# A broadcast rarely moves the margin of a window by more than a fifth: an effect that has to be
# larger to be seen will most likely not be proved.
PLAUSIBLE_LIFT = 0.20
MOST_CONTROL_BP = 5000
# Customers of the company up to which the audience is counted while the person waits: about a
# second. It is the base that costs, not the segment: the rule of the segment and the global group
# are asked about everybody. Above, it is done in the background and the page shows how far it is.
AT_ONCE = 50_000


class Phase(StrEnum):
    """What a count or a start is doing."""

    WAITING = "waiting"
    MEMBERS = "members"
    GROUP = "group"
    GATE = "gate"
    DRAW = "draw"
    HANDING = "handing"


@dataclass(frozen=True, slots=True)
class Power:
    """What this audience could prove, by its own history of the same length.

    Args:
        mde: smallest effect on the margin of a person that is proved with power 0.8, minor units.
        mean: margin of a person in a window, minor units.
        advised_bp: control share that would prove a plausible effect, None when none would.

    """

    mde: float
    mean: float
    treated: int
    control: int
    advised_bp: int | None

    @property
    def share(self) -> float | None:
        return self.mde / self.mean if self.mean > 0 else None

    @property
    def is_hopeless(self) -> bool:
        """The result will most likely not be proved."""
        return self.share is None or self.share > PLAUSIBLE_LIFT

    @property
    def plausible(self) -> float:
        """What a good broadcast may bring, minor units a person."""
        return self.mean * PLAUSIBLE_LIFT


@dataclass(frozen=True, slots=True)
class Estimate:
    """Who would get the letter and who not, everybody counted once by the first reason.

    Args:
        reasons: people by gate code, in the gate's order; the campaign's control group is C_LOCAL.
        at: ISO time of the count.
        power: None where no control group is silent.

    """

    segment: int
    reasons: dict[str, int]
    will_receive: int
    at: str
    power: Power | None

    @property
    def adds_up(self) -> bool:
        return sum(self.reasons.values()) + self.will_receive == self.segment

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Estimate | None":
        if not data:
            return None
        power, kept = data.get("power"), data["reasons"]
        return cls(
            segment=data["segment"],
            reasons={code: kept[code] for code in REASONS if code in kept},  # jsonb has no order
            will_receive=data["will_receive"],
            at=data["at"],
            power=Power(**power) if power else None,
        )
