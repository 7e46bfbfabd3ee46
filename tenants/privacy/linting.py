"""What a consent text must say before anybody may be asked to agree to it.

Sources: 152-FZ, articles 9(1), 9(4) and 6(3); 38-FZ, article 18(1). Every rule names its field.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from tenants.privacy.contracts import PROMOTION_PURPOSES, Problem
from tenants.privacy.models import ConsentText

Document = ConsentText.Document

# agreeing to something else in the same breath: the offer, the rules, the policy
_ELSE = re.compile(
    r"(оферт|договор|правил\w*\s+(пользования|сайта|программы)|пользовательск\w+\s+соглашен"
    r"|политик\w+\s+(конфиденциальности|обработки)|условия\w*\s+(использования|программы)"
    r"|\bterms\b|\bprivacy policy\b|\bagreement\b|\boffer\b)",
    re.IGNORECASE,
)
_ACCEPTS = re.compile(r"(принима\w+|соглас\w+|ознакомлен\w*|accept|agree)", re.IGNORECASE)
_MAILINGS = re.compile(r"(рассылк\w+|реклам\w+|newsletter|advertis\w+)", re.IGNORECASE)
_PROCESSING = re.compile(
    r"(обработк\w+\s+персональн|персональн\w+\s+данн|personal data)", re.IGNORECASE
)
_UNLESS = re.compile(
    r"(если\s+(вы|я)\s+не\s+(возража|отка)|по\s+умолчанию|снимите\s+(галоч|отмет)|unless)",
    re.IGNORECASE,
)
_CYRILLIC = re.compile(r"[а-яё]", re.IGNORECASE)
_POSTAL = re.compile(r"\d{6}|ул\.|улиц|просп|пер\.|street|почт", re.IGNORECASE)
_ELECTRONIC = re.compile(r"@|https?://|ссылк|кабинет|link|mail", re.IGNORECASE)
SEPARATE = "separate"


@dataclass(frozen=True, slots=True)
class Ground:
    """What the text is measured with: the operator, and who touches the data for it."""

    operator_name: str
    operator_address: str
    brands: Sequence[str] = ()
    processors: Sequence[tuple[str, str]] = ()  # name, address
    purposes: frozenset[str] = field(default_factory=frozenset)


Rule = Callable[[ConsentText, Ground], Iterator[Problem]]


def lint(text: ConsentText, ground: Ground) -> list[Problem]:
    """What hinders the publication; empty when nothing does."""
    rules: list[Rule] = [_who, _body, _separate_label, _term]
    rules += [_processing] if text.document != Document.AD_PERMISSION else [_advertising]
    return [problem for rule in rules for problem in rule(text, ground)]


def _who(text: ConsentText, ground: Ground) -> Iterator[Problem]:
    if not ground.operator_name:
        yield Problem("operator", "body", _("Fill in the operator's name in the registers."))
    elif ground.operator_name not in text.body:
        yield Problem("operator", "body", _("The text does not name the operator: %(name)s.")
                      % {"name": ground.operator_name})  # fmt: skip
    if not ground.operator_address:
        yield Problem("address", "body", _("Fill in the operator's address in the registers."))
    elif ground.operator_address not in text.body:
        yield Problem("address", "body", _("The text does not give the operator's address."))


def _body(text: ConsentText, ground: Ground) -> Iterator[Problem]:
    if not _CYRILLIC.search(text.body):
        yield Problem("language", "body", _("The text must be in Russian."))
    if _UNLESS.search(text.body) or _UNLESS.search(text.label):
        yield Problem("unless", "body", _("Silence is no consent: nobody agrees by not refusing."))


def _separate_label(text: ConsentText, ground: Ground) -> Iterator[Problem]:
    if not text.label.strip():
        yield Problem("label", "label", _("Write what stands at the box."))
    found = label_problem(text.label)
    if found:
        yield Problem(SEPARATE, "label", found)


def label_problem(label: str) -> str:
    """Why one box would stand for more than one document; "" when it does not."""
    message = _("Consent must be separate (152-FZ art. 9(1)): the box also accepts something else.")
    if _ELSE.search(label) and _ACCEPTS.search(label):
        return message
    if _MAILINGS.search(label) and _PROCESSING.search(label):
        return message
    return ""


def _term(text: ConsentText, ground: Ground) -> Iterator[Problem]:
    if not text.term.strip():
        yield Problem("term", "term", _("Say for how long, or until what happens."))
    ways = " ".join(text.withdrawal_methods)
    if not _ELECTRONIC.search(ways):
        message = _("Name a way to withdraw that needs no paper: a link, an address.")
        yield Problem("withdrawal", "withdrawal_methods", message)
    if not _POSTAL.search(ways):
        message = _("Name the postal address for withdrawals.")
        yield Problem("withdrawal", "withdrawal_methods", message)


def _processing(text: ConsentText, ground: Ground) -> Iterator[Problem]:
    if len(text.purposes) != 1:
        yield Problem("purpose", "purposes", _("One text, one purpose: choose exactly one."))
    elif ground.purposes and text.purposes[0] not in ground.purposes:
        yield Problem("purpose", "purposes", _("The assignment does not cover this purpose."))
    if not text.pd_list:
        yield Problem("pd_list", "pd_list", _("List the data."))
    if not text.actions:
        yield Problem("actions", "actions", _("List the actions."))
    if not text.methods.strip():
        yield Problem("methods", "methods", _("Say how the data are processed."))
    for name, address in ground.processors:
        if name not in text.body or (address and address not in text.body):
            message = _("Name who processes the data for the operator, with the address: %(name)s.")
            yield Problem("processor", "body", message % {"name": name})
    if "AUDIENCE_TRANSFER" in text.purposes and not text.recipients:
        yield Problem("recipients", "recipients", _("Name who receives the data."))


def _advertising(text: ConsentText, ground: Ground) -> Iterator[Problem]:
    if not text.brands:
        yield Problem("brands", "brands", _("Name whose advertising it is: one or more brands."))
    for brand in text.brands:
        if brand not in text.body:
            yield Problem("brands", "body", _("The text does not name the brand “%(brand)s”.")
                          % {"brand": brand})  # fmt: skip
        if ground.brands and brand not in ground.brands:
            yield Problem("brands", "brands", _("“%(brand)s” is not a brand of this operator.")
                          % {"brand": brand})  # fmt: skip
    if not text.channels:
        yield Problem("channels", "channels", _("Name the channels."))
    if text.purposes and not PROMOTION_PURPOSES.issuperset(text.purposes):
        yield Problem("purpose", "purposes", _("Advertising has no other purpose."))
    if _PROCESSING.search(text.label):
        message = _("Consent to processing is a document of its own (152-FZ art. 9(1)).")
        yield Problem(SEPARATE, "label", message)
