"""Words for a verdict: chosen by its code only, so that a screen, a mail and the API agree."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


@dataclass(frozen=True, slots=True)
class Words:
    """The verdict's code as shown, the headline and what to do."""

    code: str
    headline: str
    advice: str


def _refusal(payload: dict[str, Any]) -> Words:
    reasons = payload["reasons"]
    if "window_open" in reasons:
        return Words(
            "pending", _("The window is still open"),
            _("The money is shown when the window closes: peeking makes luck look like an effect."),
        )  # fmt: skip
    if "few_buyers" in reasons or "no_interval" in reasons:
        return Words(
            "not_enough_data", _("Too few purchases for an answer in money"),
            _("At least 20 buyers are needed in each group. Counts are shown below."),
        )  # fmt: skip
    if "sample_ratio" in reasons:
        why = _("The groups are not of the size they were drawn with: the split was broken.")
    elif "diluted" in reasons:
        why = _("More than 5% of the control group were written to.")
    else:
        why = _("The experiment was changed while it ran.")
    return Words("refused", why, _("The figures below only help to find the error."))


def _unproved(payload: dict[str, Any]) -> Words:
    weeks = payload.get("weeks")
    if payload["verdict"] == "no_noticeable_effect":
        return Words(
            payload["verdict"], _("No noticeable effect"),
            _("With this precision it is smaller than would be of interest."),
        )  # fmt: skip
    if weeks:
        advice = ngettext(
            "About %(n)d more week is needed to tell.",
            "About %(n)d more weeks are needed to tell.",
            weeks,
        ) % {"n": weeks}  # fmt: skip
    elif payload["verdict"] == "waiting_will_not_help":
        advice = _(
            "Waiting will not help: a larger control group or several campaigns together would."
        )
    else:
        advice = _("The interval touches zero: the same figures come from luck alone.")
    return Words(payload["verdict"], _("No proven effect"), advice)


def words_for(payload: dict[str, Any]) -> Words:
    """What to say about a stored result's payload."""
    code = payload["verdict"]
    if code == "proved_gain":
        return Words(
            code, _("The broadcast earned: profit grew"),
            _("There is a profit. Promise finance the lower end of the interval."),
        )  # fmt: skip
    if code == "proved_loss":
        return Words(
            code, _("The broadcast lost money"), _("Stop it and look for the cause.")
        )  # fmt: skip
    if code == "refused":
        return _refusal(payload)
    return _unproved(payload)


def reason_labels() -> dict[str, str]:
    """Why somebody was not written to, by the gate's code."""
    return {
        "C_GLOBAL": _("Global control group"),
        "C_LOCAL": _("Control group of this broadcast"),
        "B_PD_CONSENT": _("No consent to promotion"),
        "B_AD_PERMISSION": _("No permission for advertising by e-mail"),
        "B_SUPPRESSED": _("Unsubscribed or stopped"),
        "B_CONTACT": _("No working address"),
        "B_PROFILE": _("Profile is blocked"),
        "B_AGREEMENT": _("Company is not active"),
        "B_POLICY_CAP": _("Message limit reached"),
        "B_POLICY_QUIET": _("Quiet hours"),
        "CANCELLED": _("Broadcast was cancelled"),
    }
