"""Why a message was not sent: in words, and what would change it."""

from typing import Any

from django.utils.translation import gettext_lazy as _

# code → (what it is, a word more, what would change it)
REASONS: dict[str, tuple[Any, Any, Any]] = {
    "B_AGREEMENT": (
        _("The assignment to process data does not run"), _("nothing leaves for anybody"),
        _("Put the agency's assignment in force in the registers."),
    ),
    "B_RKN": (
        _("The regulator was not told"), _("registry number or purpose is missing"),
        _("Send the notice and write its number into the registers."),
    ),
    "B_PROFILE": (
        _("Profile is blocked or erased"), "",
        _("Wait for the officer's decision on this person's request."),
    ),
    "B_PD_CONSENT": (
        _("No consent to promotion"), _("not given, expired or withdrawn"),
        _("The person gives a new consent to promotion."),
    ),
    "B_AD_PERMISSION": (
        _("No permission for advertising to this address"),
        _("not given, not confirmed, for another brand or taken back"),
        _("The person permits advertising to this address and confirms it."),
    ),
    "B_EVIDENCE": (
        _("Nothing proves the consent"), _("no evidence in the vault"),
        _("The company declares where the consent came from, or the person gives it anew."),
    ),
    "B_SUPPRESSED": (
        _("Address is on the stop list"), _("refusal, complaint or bounce"),
        _("Only the owner of the address, by a fresh permission after the refusal."),
    ),
    "B_CONTACT": (
        _("No usable address"), _("none known, or it does not exist"),
        _("Get a working address of this person."),
    ),
    "B_FIELDS": (
        _("The letter uses data that its purpose does not cover"), "",
        _("Take the field out of the letter, or ask for a consent to personal selection."),
    ),
    "B_CONTENT": (
        _("Something is wrong with the letter"), _("sender, refusal, kind or forbidden words"),
        _("Mend the letter: its page says what is wrong."),
    ),
    "B_CHANNEL_LAW": (
        _("The law closes this channel"), _("see “Channels and the law”"),
        _("Go through the steps on the page of the channel."),
    ),
    "B_CROSS_BORDER": (
        _("The provider is not cleared"), _("abroad, or in no register"),
        _("Enter the recipient and wait until the regulator's time has passed."),
    ),
    "B_AUTODECISION": (
        _("A significant decision without a person"), "",
        _("Somebody of the company confirms the rule."),
    ),
    "B_MINOR": (
        _("Too young"), _("under 14, or under 18 without a lawyer's word"),
        _("Under 14 nothing. From 14 on: an approved lawyer's opinion."),
    ),
    "C_GLOBAL": (
        _("Global control group"), _("silent in all channels"),
        _("Nothing: the group is drawn anew at the end of its term."),
    ),
    "C_LOCAL": (
        _("Control group of this broadcast"), "",
        _("Nothing: it proves what the others bring."),
    ),
    "B_POLICY_CAP": (
        _("Got 3 letters within 7 days"), _("the limit of letters"),
        _("Wait until the oldest of them is a week old."),
    ),
    "B_POLICY_QUIET": (
        _("Quiet hours where the customer lives"), "", _("Send between 9:00 and 21:00."),
    ),
    "CANCELLED": (_("Cancelled before their turn"), "", ""),
}  # fmt: skip
FAILURES: dict[str, Any] = {
    "hard_bounce": _("Address does not exist"),
    "unreadable": _("Personal data cannot be read"),
    "render_failed": _("The letter does not fit this customer"),
    "gave_up": _("The mail server was not reachable for too long"),
}


def label_of(code: str) -> str:
    return str(REASONS[code][0]) if code in REASONS else str(FAILURES.get(code, code))


def cure_of(code: str) -> str:
    return str(REASONS[code][2]) if code in REASONS else ""
