"""Named groups of RFM cells: every one of the 125 cells belongs to exactly one.

The first rule that fits wins. Frequency 1-2 means "bought rarely" whatever the base: with the
middle-of-ties score (see `rfm_sql`) one-time buyers get 1 or 2 as long as they are under four
fifths of the buyers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from analytics.features.contracts import SCORES


class Scores(NamedTuple):
    r: int
    f: int
    m: int


Rule = Callable[[Scores], bool]


@dataclass(frozen=True, slots=True)
class Preset:
    """A name for people, what it means, and the next step that pays."""

    code: str
    title: str | Promise
    meaning: str | Promise
    advice: str | Promise
    tone: str  # pos, warn, neg or mute: the word beside it says the same
    rule: Rule


PRESETS: tuple[Preset, ...] = (
    Preset(
        "champions", _("Champions"), _("Bought recently, often and for much"),
        _("Keep: early access, no discounts"), "pos",
        lambda at: at.r >= 4 and at.f >= 4 and at.m >= 4,
    ),
    Preset(
        "cannot_lose", _("Cannot lose"), _("Bought often and for much, then went silent"),
        _("Win back in person"), "neg",
        lambda at: at.r <= 2 and at.f >= 4 and at.m >= 4,
    ),
    Preset(
        "at_risk", _("At risk"), _("Used to buy often or for much, silent for long"),
        _("Win back before they forget"), "neg",
        lambda at: at.r <= 2 and (at.f >= 3 or at.m >= 4),
    ),
    Preset(
        "loyal", _("Loyal"), _("Buy often, were here not long ago"),
        _("Raise the average check"), "pos",
        lambda at: at.r >= 3 and at.f >= 4,
    ),
    Preset(
        "big_spenders", _("Big spenders"), _("Buy rarely but for much"),
        _("Give a reason for the next order"), "pos",
        lambda at: at.r >= 3 and at.m == 5,
    ),
    Preset(
        "potential_loyal", _("Potential loyal"), _("Recent, already came more than once"),
        _("Lead to a habit"), "pos",
        lambda at: at.r >= 4 and at.f == 3,
    ),
    Preset(
        "newcomers", _("Newcomers"), _("Bought just now, few orders yet"),
        _("Bring to the second order"), "mute",
        lambda at: at.r == 5,
    ),
    Preset(
        "promising", _("Promising"), _("Bought not long ago, few orders yet"),
        _("Bring to the second order"), "mute",
        lambda at: at.r == 4,
    ),
    Preset(
        "need_attention", _("Need attention"), _("Average in everything, cooling"),
        _("Remind with a reason"), "warn",
        lambda at: at.r == 3 and at.f == 3,
    ),
    Preset(
        "about_to_sleep", _("About to sleep"), _("Bought rarely, cooling"),
        _("Remind with a reason"), "warn",
        lambda at: at.r == 3,
    ),
    Preset(
        "hibernating", _("Hibernating"), _("Bought rarely and long ago"),
        _("Cheap channels only"), "mute",
        lambda at: at.r == 2,
    ),
    Preset(
        "lost", _("Lost"), _("Bought rarely and longest ago"),
        _("Do not spend money on them"), "mute",
        lambda _at: True,
    ),
)  # fmt: skip

BY_CODE: dict[str, Preset] = {preset.code: preset for preset in PRESETS}


def preset_of(recency: int, frequency: int, monetary: int) -> str:
    scores = Scores(recency, frequency, monetary)
    return next(p.code for p in PRESETS if p.rule(scores))


def preset_table() -> list[str]:
    """Codes of all cells; the cell r, f, m stands at (r-1)*25 + (f-1)*5 + (m-1)."""
    return [preset_of(r, f, m) for r in SCORES for f in SCORES for m in SCORES]
