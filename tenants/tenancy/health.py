"""How the health of a company is said: word, icon, and only then a colour."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Health:
    code: str
    label: Any  # lazily translated
    kind: str
    icon: str
    rank: int  # the lower, the sooner somebody must look


_ALL = (
    Health("bad", _("Failure"), "neg", "circle-x", 0),
    Health("warn", _("Attention"), "warn", "clock-hour-4", 1),
    Health("empty", _("No data"), "unk", "database-off", 2),
    Health("ok", _("Healthy"), "pos", "circle-check", 3),
)
HEALTH = {health.code: health for health in _ALL}


def health_of(code: str | None) -> Health:
    """A company that was never looked at has no data."""
    return HEALTH.get(code or "empty", HEALTH["empty"])
