"""The words of the registers: categories, actions, bases, clauses; and what others ask for."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

HOME_COUNTRY = "RU"
LEAK_HOURS, LONGEST_LEAK_HOURS = 4, 12


class Category(models.TextChoices):
    """What kind of data about a person; the assignment lists those that the agency may have."""

    NAME = "NAME", _("Name")
    EMAIL = "EMAIL", pgettext_lazy("category", "E-mail address")
    PHONE = "PHONE", pgettext_lazy("category", "Phone number")
    BIRTH_DATE = "BIRTH_DATE", _("Birth date")
    GENDER = "GENDER", _("Gender")
    ADDRESS = "ADDRESS", _("City and address")
    CUSTOMER_ID = "CUSTOMER_ID", _("Ids in the company's systems")
    DEVICE_ID = "DEVICE_ID", _("Ids of devices, cookies and messengers")
    ORDERS = "ORDERS", _("Purchases")
    BEHAVIOUR = "BEHAVIOUR", _("Behaviour on the site and in the app")
    MESSAGES = "MESSAGES", _("History of messages")
    LOYALTY = "LOYALTY", _("Points and levels of a loyalty programme")
    ATTRIBUTES = "ATTRIBUTES", _("Other facts of a profile")


class SubjectCategory(models.TextChoices):
    CUSTOMERS = "CUSTOMERS", _("Customers")
    MEMBERS = "MEMBERS", _("Members of a loyalty programme")
    VISITORS = "VISITORS", _("Visitors of the site")
    SUBSCRIBERS = "SUBSCRIBERS", _("Subscribers of mailings")


class PdAction(models.TextChoices):
    """152-FZ, article 3(3), in its order."""

    COLLECTION = "COLLECTION", _("Collection")
    RECORDING = "RECORDING", _("Recording")
    SYSTEMATISATION = "SYSTEMATISATION", _("Systematisation")
    ACCUMULATION = "ACCUMULATION", _("Accumulation")
    STORAGE = "STORAGE", _("Storage")
    UPDATING = "UPDATING", _("Updating")
    EXTRACTION = "EXTRACTION", _("Extraction")
    USE = "USE", _("Use")
    TRANSFER = "TRANSFER", _("Transfer")
    DEIDENTIFICATION = "DEIDENTIFICATION", _("De-identification")
    BLOCKING = "BLOCKING", pgettext_lazy("action", "Blocking")
    DELETION = "DELETION", _("Deletion")
    DESTRUCTION = "DESTRUCTION", _("Destruction")


class LegalBasis(models.TextChoices):
    """152-FZ, article 6(1)."""

    CONSENT = "CONSENT", _("Consent of the person, article 6(1)(1)")
    LAW = "LAW", _("Duty by law, article 6(1)(2)")
    LITIGATION = "LITIGATION", _("Taking part in a trial, article 6(1)(3)")
    COURT = "COURT", _("Execution of a court's act, article 6(1)(3.1)")
    CONTRACT = "CONTRACT", _("Contract with the person, article 6(1)(5)")
    LEGITIMATE = "LEGITIMATE", _("Legitimate interest, article 6(1)(7)")
    RESEARCH_DEIDENTIFIED = (
        "RESEARCH_DEIDENTIFIED",
        _("Statistics on de-identified data, article 6(1)(9)"),
    )
    DISCLOSURE = "DISCLOSURE", _("Disclosure demanded by law, article 6(1)(11)")


# Column of ProcessorAgreement → what must be in the contract (152-FZ, article 6(3)).
CLAUSES: dict[str, Any] = {
    "confidentiality_clause": _("Duty to keep the data confidential"),
    "localisation_clause": _("Databases in Russia, article 18(5)"),
    "art_18_1_clause": _("Organisational measures, article 18.1"),
    "proof_on_request_clause": _("Proof of compliance on the company's request"),
    "security_clause": _("Duty to keep the data safe"),
    "protection_requirements": _("Requirements for protection, article 19"),
    "leak_notice_clause": _("Duty to tell the company about leaks, article 21(3.1)"),
}


@dataclass(frozen=True, slots=True)
class Party:
    """Who works with the data for the operator, as a consent text names him."""

    name: str
    address: str
    inn: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the papers allow at a moment; an absent paper allows nothing.

    `agreement`: the company is open for work and its assignment to the agency runs. `rkn`: the
    regulator's registry number is known. `purposes`, `pd_categories` and `actions` are those of
    the assignment, empty when it does not run; `notified` are the purposes that the regulator
    was told about.
    """

    agreement: bool
    rkn: bool
    purposes: frozenset[str] = frozenset()
    pd_categories: frozenset[str] = frozenset()
    actions: frozenset[str] = frozenset()
    notified: frozenset[str] = frozenset()
    agreement_id: int | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One line of what is missing before a company may work with people's data."""

    code: str
    label: Any  # lazily translated
    is_done: bool
    hint: Any = ""  # as well
    url: str = ""
    details: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Clocks:
    """Elapsed hours of a leak from its earliest detection; weekends count."""

    operator_due: datetime
    primary_due: datetime
    additional_due: datetime
