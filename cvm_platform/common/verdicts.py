"""How a verdict is said: one word or two, an icon, and only then a colour."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Verdict:
    code: str
    label: Any  # lazily translated
    kind: str
    icon: str


_ALL = (
    Verdict("proved_gain", _("Proved"), "pos", "circle-check"),
    Verdict("proved_loss", _("Loss proved"), "neg", "circle-x"),
    Verdict("no_noticeable_effect", _("No noticeable effect"), "", "equal"),
    Verdict("not_proved", _("Not proved"), "", "help-circle"),
    Verdict("not_enough_data", _("Not enough data"), "", "hourglass"),
    Verdict("waiting_will_not_help", _("Cannot be proved"), "", "hourglass-off"),
    Verdict("refused", _("No verdict"), "neg", "scale"),
    Verdict("pending", _("Counting"), "", "loader"),
)
VERDICTS = {verdict.code: verdict for verdict in _ALL}


def verdict_of(code: str) -> Verdict:
    """An unknown or empty code reads as "counting": no result is promised."""
    return VERDICTS.get(code, VERDICTS["pending"])
