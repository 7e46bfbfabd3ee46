"""What a person may ask of the operator, and how long the law gives for it (152-FZ)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tenants.workdays.contracts import Term, WorkCalendar

MOST_EXTENSION = 5  # working days: articles 14(3), 20(1), 20(4), 21(5.1)
REPEAT_DAYS = 30  # article 14(4)
FORWARD_DAYS = 1  # working days for what the processor received
PACKAGE_DAYS = 7  # a package is kept so long, sealed
STOP_DAYS, DESTROY_DAYS = 3, 10  # working days from the finding: article 21(3)
CORRECT_DAYS = 7  # working days from the finding: article 21(2)


class Type(models.TextChoices):
    ACCESS_14 = "ACCESS_14", _("Access: what is kept about me")
    RECTIFY_20_3 = "RECTIFY_20_3", _("Correct wrong data")
    DESTROY_UNLAWFUL_20_3 = "DESTROY_UNLAWFUL_20_3", _("Destroy data got unlawfully")
    BLOCK_21_1 = "BLOCK_21_1", _("Unlawful processing: check and block")
    WITHDRAW_21_5 = "WITHDRAW_21_5", _("Withdraw the consent")
    STOP_21_5_1 = "STOP_21_5_1", _("Stop the processing")
    STOP_PROMO_15_2 = "STOP_PROMO_15_2", _("Stop advertising")
    OBJECT_AUTOMATED_16 = "OBJECT_AUTOMATED_16", _("Objection to an automatic decision")
    REGULATOR_20_4 = "REGULATOR_20_4", _("Question of the regulator")
    INFO_18_1 = "INFO_18_1", _("How are my data processed")


class Channel(models.TextChoices):
    """How it came; the answer goes the same way unless the person asks for another."""

    PAPER = "PAPER", _("Paper letter")
    EMAIL = "EMAIL", _("E-mail")
    FORM = "FORM", _("Form on the site")
    PHONE = "PHONE", _("Call")
    OFFICE = "OFFICE", _("In person")
    API = "API", _("From another system")


class Party(models.TextChoices):
    OPERATOR = "OPERATOR", _("The company")
    PROCESSOR = "PROCESSOR", _("The agency")


class Unit(models.TextChoices):
    WORKING = "WD", _("working days")
    CALENDAR = "CD", _("calendar days")
    AT_ONCE = "NOW", _("at once")


class Status(models.TextChoices):
    NEW = "NEW", pgettext_lazy("request", "New")
    IDENTITY_CHECK = "IDENTITY_CHECK", _("Waits for the customer")
    IN_WORK = "IN_WORK", pgettext_lazy("request", "In work")
    EXTENDED = "EXTENDED", _("Term extended")
    ANSWERED = "ANSWERED", pgettext_lazy("request", "Answered")
    REFUSED = "REFUSED", pgettext_lazy("request", "Refused")


OPEN = (Status.NEW, Status.IDENTITY_CHECK, Status.IN_WORK, Status.EXTENDED)
CLOSED = (Status.ANSWERED, Status.REFUSED)


class Decision(models.TextChoices):
    SATISFIED = "SATISFIED", _("Done in full")
    PARTIAL = "PARTIAL", _("Done in part")
    REFUSED = "REFUSED", _("Refuse")


class Identity(models.TextChoices):
    """How it was made sure who asks (article 14(3)); no document is kept in the clear."""

    DOCUMENT = "DOCUMENT", _("Identity document, seen")
    DOCUMENT_DETAILS = "DOCUMENT_DETAILS", _("Details of a document in the letter")
    E_SIGNATURE = "E_SIGNATURE", _("Electronic signature, checked")
    ACCOUNT = "ACCOUNT", _("Signed in to the personal account")
    ADDRESS = "ADDRESS", _("Confirmed the address that we know")


class Repeat(models.TextChoices):
    """Why a second request comes within thirty days (article 14)."""

    INCOMPLETE_14_5 = "INCOMPLETE_14_5", _("The last answer was incomplete: article 14(5)")
    SHORTER_14_4 = "SHORTER_14_4", _("A shorter term is set by law or contract: article 14(4)")
    NONE_14_6 = "NONE_14_6", _("No ground given: it will be refused by article 14(6)")


class Finding(models.TextChoices):
    """What the check of a claim found."""

    LAWFUL = "LAWFUL", _("Processing is lawful, data are right")
    INACCURATE = "INACCURATE", _("Data are wrong: correct")
    UNLAWFUL = "UNLAWFUL", _("Processing is unlawful: stop and destroy")


@dataclass(frozen=True, slots=True)
class Rule:
    """The clock of a type.

    `amount` in `unit` is the law's, `target` in `target_unit` the platform's own, always earlier.
    Where the law says "at once", the clock is of the confirmation that is left to do.
    """

    article: str
    unit: Unit
    amount: int
    target_unit: Unit
    target: int
    may_extend: bool = False
    needs_identity: bool = True  # before personal data leave or change
    at_once: bool = False


_WD, _CD, _NOW = Unit.WORKING, Unit.CALENDAR, Unit.AT_ONCE
RULES: Mapping[str, Rule] = {
    Type.ACCESS_14: Rule("14(3), 20(1)", _WD, 10, _WD, 7, may_extend=True),
    Type.RECTIFY_20_3: Rule("20(3)", _WD, 7, _WD, 4),
    Type.DESTROY_UNLAWFUL_20_3: Rule("20(3)", _WD, 7, _WD, 4, at_once=True),
    # the claim is checked within the shortest term that its outcome may have
    Type.BLOCK_21_1: Rule("21(1), 21(3)", _WD, STOP_DAYS, _WD, 1, at_once=True),
    Type.WITHDRAW_21_5: Rule("21(5)", _CD, 30, _CD, 2, at_once=True),
    Type.STOP_21_5_1: Rule("21(5.1)", _WD, 10, _WD, 1, may_extend=True, at_once=True),
    # advertising stops at once; a working day is for the proof of partners and the confirmation
    Type.STOP_PROMO_15_2: Rule("15(2)", _NOW, 1, _NOW, 1, needs_identity=False, at_once=True),
    Type.OBJECT_AUTOMATED_16: Rule("16(4)", _CD, 30, _WD, 10),
    Type.REGULATOR_20_4: Rule("20(4)", _WD, 10, _WD, 7, may_extend=True, needs_identity=False),
    Type.INFO_18_1: Rule("18(1), 20(1)", _WD, 10, _WD, 7, may_extend=True, needs_identity=False),
}


@dataclass(frozen=True, slots=True)
class Terms:
    """When it is due by law and by the platform's own target, in UTC."""

    due_at: datetime
    internal_due_at: datetime
    is_provisional: bool
    version: str


def terms_of(
    kind: str, received_at: datetime, calendar: WorkCalendar, zone: str, more: int = 0
) -> Terms:
    """The dates of a request received at that moment; `more` working days of an extension.

    The day of receipt is the day in the operator's zone (IANA name). The own target is never
    later than the working day on which, or before which, the law's term ends.
    """
    rule = RULES[kind]
    received = received_at.astimezone(ZoneInfo(zone)).date()
    law = _term(calendar, received, rule.unit, rule.amount, more)
    own = _term(calendar, received, rule.target_unit, rule.target, more)
    due_at = law.due_at(zone)
    return Terms(
        due_at, min(own.due_at(zone), law.inner_due_at(zone), due_at),
        law.is_provisional or own.is_provisional, calendar.version,
    )  # fmt: skip


def _term(calendar: WorkCalendar, received: Any, unit: Unit, amount: int, more: int) -> Term:
    if unit == Unit.CALENDAR:
        return calendar.calendar_term(received, amount)
    if more:
        return calendar.extended_term(received, amount, more)
    return calendar.working_term(received, amount)


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who asks, as he said it; sealed in the base."""

    name: str = ""
    email: str = ""
    phone: str = ""
    address: str = ""
    text: str = ""  # of the request
    representative: str = ""  # name of who acts for the person


@dataclass(frozen=True, slots=True)
class IdentityCheck:
    """`document_number` is hashed at once and never kept."""

    method: str
    document_number: str = ""
    issued_on: str = ""
    issuer: str = ""
    signature: str = ""  # kind of an electronic signature
    relation: str = ""  # what ties the person to the operator: an order, a contract


@dataclass(frozen=True, slots=True)
class Section:
    """A part of what is kept about a person, for the answer: a table with its source.

    `rows` are texts in the order of `head`. No other person's data.
    """

    name: str
    title: str
    head: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    note: str = ""
    source: str = ""  # where the data came from


@dataclass(frozen=True, slots=True)
class Line:
    title: str
    note: str = ""
    at: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """A card of the officer's desk, or a banner when something burns."""

    title: str
    badge: str = ""
    text: str = ""
    lines: Sequence[Line] = ()
    pairs: Sequence[tuple[str, str, str]] = ()  # name, value, "" or "warn" or "neg"
    empty: str = ""
    empty_text: str = ""
    url: str = ""
    action: str = ""
    clocks: Sequence[tuple[Any, str]] = ()  # approvals.selectors.Clock and what it is for
