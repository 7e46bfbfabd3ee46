"""The verdict about a channel: pure, from rules and facts. What is not allowed is forbidden."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from django.utils.translation import gettext as _

from tenants.channel_law import contracts as c
from tenants.channel_law.contracts import Facts, Rule, Verdict

_RANK = {need: number for number, need in enumerate(c.NEEDS)}  # what is unknown comes first


def judge(
    channel: str,
    message_class: str,
    *,
    rules: Sequence[Rule],
    facts: Facts,
    day: date,
    erid: str = "",
) -> Verdict:
    """All rules in force for the channel and class must be met; none in force is a no.

    Args:
        day: by the company's calendar.
        erid: the mark of this very advertisement, where there is one.
    """
    reason = facts.closed.get(channel)
    about = [each for each in rules if channel in each.channels and message_class in each.classes]
    until = _last_day(about, day)
    if reason is not None:
        sentence = _("The company has closed this channel: %(why)s") % {"why": reason}
        return Verdict(False, c.CHANNEL_LAW, sentence, c.CLOSED_HERE, (c.CLOSED_HERE,), None)
    in_force = [each for each in about if each.holds_on(day)]
    if not in_force:
        sentence = _("No loaded rule allows this channel for such messages.")
        return Verdict(False, c.CHANNEL_LAW, sentence, until=until)
    quiet = next((each.quiet for each in in_force if each.quiet), None)
    asks = any(each.consent_always for each in in_force)
    unmet = [
        (rule, need)
        for rule in in_force
        for need in rule.needs
        if not is_met(need, channel, facts, erid)
    ]
    # check 10 comes before check 11: who asks a lawyer first does not write to the regulator twice
    unmet.sort(key=lambda each: _RANK.get(each[1], -1))
    if not unmet:
        first = in_force[0]
        return Verdict(True, "", first.text, first.code, (), until, quiet, asks)
    rule, need = unmet[0]
    missing = tuple(dict.fromkeys(each for _rule, each in unmet))
    code = c.CROSS_BORDER if need == c.RECIPIENT else c.CHANNEL_LAW
    return Verdict(False, code, _sentence(rule, need), rule.code, missing, until, quiet, asks)


def is_met(need: str, channel: str, facts: Facts, erid: str = "") -> bool:  # noqa: PLR0911 a case each
    match need:
        case c.OPINION:
            return channel in facts.opinions
        case c.NOT_REGULATED:
            return not facts.is_regulated
        case c.SENDER_CONTRACT:
            return channel in facts.senders
        case c.CALL_LABEL:
            return facts.has_label
        case c.ERID:
            return bool(erid.strip())
        case c.RECIPIENT:
            return facts.is_cleared(channel)
    return False  # `never`, and whatever a newer file may ask for


def _sentence(rule: Rule, need: str) -> str:
    if need == c.RECIPIENT:
        return _(
            "The provider of this channel is not cleared: it is outside Russia or not in the "
            "register of recipients."
        )
    return rule.text


def _last_day(rules: Iterable[Rule], day: date) -> date | None:
    """Before the next change of what is known now."""
    changes = [each.valid_from for each in rules if each.valid_from > day]
    changes += [
        each.valid_to + timedelta(days=1)
        for each in rules
        if each.valid_to and each.valid_to >= day
    ]
    return min(changes) - timedelta(days=1) if changes else None
