"""What the screens say of channels and of the way to open one."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants.channel_law import contracts as c
from tenants.channel_law import selectors
from tenants.channel_law.contracts import Rule, Verdict
from tenants.channel_law.judging import is_met

_ICONS = {
    c.EMAIL: "mail", "SMS": "message", "CALL_HUMAN": "phone", c.CALL_MASS: "robot",
    "PUSH_APP": "broadcast", "PUSH_WEB": "world", "POSTAL": "mailbox", "PUBLIC_POST": "article",
    "AD_NETWORK": "network",
}  # fmt: skip
CERTAINTIES: dict[str, Any] = {
    "V": gettext_lazy("checked with the text of the law"),
    "S": gettext_lazy("from reviews and the press"),
    "G": gettext_lazy("general knowledge: ask a lawyer"),
    "P": gettext_lazy("decision of the platform"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A channel in the list."""

    code: str
    label: str
    icon: str
    advertising: Verdict
    service: Verdict

    @property
    def until(self) -> date | None:
        ends = [each for each in (self.advertising.until, self.service.until) if each]
        return min(ends) if ends else None


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that opens a channel: done or not, what it is, and the name of its form."""

    need: str
    title: str
    text: str
    is_done: bool
    form: str = ""
    is_possible: bool = True


@dataclass(frozen=True, slots=True)
class RuleLine:
    rule: Rule
    certainty: str
    state: str  # now, later, past


def lines() -> list[Line]:
    found = selectors.all_verdicts()
    return [
        Line(code, str(label), _ICONS.get(code, "messages"), found[code][c.ADVERTISING],
             found[code][c.SERVICE])
        for code, label in c.CHANNELS.items()
    ]  # fmt: skip


def line_of(channel: str) -> Line:
    return next(each for each in lines() if each.code == channel)


def steps_of(line: Line) -> list[Step]:
    """What the rules in force ask of this channel, in the order in which it is worth doing."""
    rules = [each for each in selectors.rules_of(line.code) if each.holds_on(selectors.today())]
    needs = {need for rule in rules for need in rule.needs}
    missing = {*line.advertising.missing, *line.service.missing}
    closed = c.CLOSED_HERE in missing
    if closed:  # then nothing else was asked
        facts = selectors.facts()
        missing |= {each for each in needs if not is_met(each, line.code, facts)}
    return [_step(need, line.code, missing) for need in c.NEEDS if need in needs]


def _step(need: str, channel: str, missing: set[str]) -> Step:
    title, text, form, is_possible = _steps()[need]
    return Step(need, title, text % {"channel": c.CHANNELS[channel]}, need not in missing, form,
                is_possible)  # fmt: skip


def _steps() -> dict[str, tuple[str, str, str, bool]]:
    """(title, explanation, form, whether anything can be done)."""
    return {
        c.NEVER: (_("Closed by law"), _("Nothing opens this channel."), "", False),
        c.NOT_REGULATED: (
            _("The company may use foreign messengers"),
            _("Banks, state bodies, telecom operators and large aggregators may not. It is said in "
              "the data of the operator, in the registers."), "", False,
        ),
        c.OPINION: (
            _("A lawyer's opinion"),
            _("Attach it; the channel opens when the company's data protection officer has "
              "approved it."), "opinion", True,
        ),
        c.SENDER_CONTRACT: (
            _("Contract with a mobile operator"),
            _("The sender's name is registered at the operator under a contract."), "sender", True,
        ),
        c.CALL_LABEL: (
            _("Label of calls"),
            _("The operator shows who calls and why; the company gives it the data under a "
              "contract."), "label", True,
        ),
        c.ERID: (
            _("Mark of the advertisement (erid)"),
            _("Each advertisement has its own; it is asked for when the post is prepared."), "",
            True,
        ),
        c.RECIPIENT: (
            _("The provider is cleared"),
            _("It is in the register of recipients: hosted in Russia, or the regulator was told "
              "and its time has passed."), "recipient", True,
        ),
    }  # fmt: skip


def rule_lines(channel: str) -> list[RuleLine]:
    day = selectors.today()
    found = []
    for rule in selectors.rules_of(channel):
        state = "now" if rule.holds_on(day) else "later" if rule.valid_from > day else "past"
        found.append(RuleLine(rule, str(CERTAINTIES[rule.certainty]), state))
    return found
