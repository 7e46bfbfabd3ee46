"""What a draw gives back. No Django here."""

from dataclasses import dataclass, field
from typing import Any

GLOBAL = "global"


@dataclass(frozen=True, slots=True)
class Population:
    """Whom a draw is about: SQL that selects one column `customer_id`, and its parameters."""

    sql: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Balance:
    """How alike treated and control were before anything was sent.

    Args:
        differences: standardised mean difference by name (treated minus control, in spreads).
        limit: three times what chance alone gives; more than that is worth a look.
        p: of the omnibus Wald test that all differences are chance; below 0.001 the draw is
            repeated with another salt (Morgan & Rubin 2012).

    """

    differences: dict[str, float]
    limit: float
    p: float

    @property
    def is_fair(self) -> bool:
        return self.p >= 0.001

    @property
    def flagged(self) -> tuple[str, ...]:
        return tuple(name for name, value in self.differences.items() if abs(value) > self.limit)


@dataclass(frozen=True, slots=True)
class GroupReport:
    """State of the global group after `ensure_global_group`."""

    layer_id: int
    share: float
    treated: int
    control: int
    assigned_now: int
