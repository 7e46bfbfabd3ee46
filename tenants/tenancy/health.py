"""How the health of a company is said: word, icon, and only then a colour."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext


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


# what is stored is a code: it is said in the reader's language, with the days as of now
_REASONS = {
    "no_data": _("No data loaded yet"),
    "no_orders": _("No orders yet"),
    "fresh": _("Data is fresh"),
}
SILENT = "silent"


def reason_in_words(code: str, last_order_at: datetime | None, now: datetime) -> str:
    """Why the health is what it is; a text that is no code is given back as it is."""
    if code == SILENT and last_order_at is not None:
        days = (now - last_order_at).days
        return ngettext("No orders for %(n)d day", "No orders for %(n)d days", days) % {"n": days}
    return str(_REASONS.get(code, code))
