"""What the pages about requests show, masked on the server where the role must not see."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from tenants.accounts.access import may
from tenants.accounts.contracts import AGENCY_ROLES, Permission
from tenants.approvals.selectors import Clock
from tenants.audit.contracts import Actor
from tenants.audit.selectors import actor_names
from tenants.customers.masking import DOTS, full_name, mask_contact, mask_name
from tenants.customers.models import ContactPoint, Customer, PersonalName
from tenants.customers.sealing import Vault
from tenants.requests import registry, selectors
from tenants.requests.contracts import RULES, Applicant, Panel, Party, Status, Type
from tenants.requests.models import RequestEvent, SubjectRequest
from tenants.requests.sealing import answer_of, applicant_of
from tenants.requests.services.destroying import GROUNDS
from tenants.requests.services.effects import BLOCKS
from tenants.tenancy.selectors import current_tenant


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a request stands, as a pill: word, icon, colour."""

    label: str
    icon: str
    kind: str


@dataclass(frozen=True, slots=True)
class Row:
    request: SubjectRequest
    who: str
    stage: Stage
    clock: Clock
    note: str  # article
    action: str
    is_urgent: bool


def is_masked(request: HttpRequest) -> bool:
    return not may(request, Permission.CUSTOMERS_PERSONAL)


def is_agency(request: HttpRequest) -> bool:
    return Actor.of(request).role in AGENCY_ROLES


def rows_of(found: Iterable[SubjectRequest], *, masked: bool) -> list[Row]:
    listed = list(found)
    names = names_of({each.customer_id for each in listed if each.customer_id}, masked=masked)
    return [_row(each, names, masked=masked) for each in listed]


def _row(each: SubjectRequest, names: dict[int, str], *, masked: bool) -> Row:
    who = names.get(each.customer_id or 0, "") or shown_applicant(each, masked=masked).name
    clock = selectors.term_clock(each)
    is_urgent = each.is_open and clock.state in {"warn", "neg"}
    return Row(
        each, who or _("Not known yet"), stage_of(each), clock, article_of(each),
        _("Answer") if is_urgent else pgettext("request", "Open"), is_urgent,
    )  # fmt: skip


def article_of(request: SubjectRequest) -> str:
    return _("art. %(article)s") % {"article": RULES[request.type].article}


def shown_applicant(request: SubjectRequest, *, masked: bool) -> Applicant:
    """Who asks; for the agency nothing is opened, only dots."""
    if masked:
        return Applicant(name=DOTS)
    return applicant_of(request)


def names_of(customer_ids: set[int], *, masked: bool) -> dict[int, str]:
    rows = PersonalName.objects.filter(customer_id__in=customer_ids)
    opened = Vault(current_tenant()).open_many(
        [(row.pk, row.customer_id, bytes(row.sealed)) for row in rows], "name"
    )
    show = mask_name if masked else full_name
    return {customer_id: show(text) for customer_id, text in opened.items()}


def stage_of(request: SubjectRequest) -> Stage:
    """The most telling fact: closed, blocked, being destroyed, waiting, made."""
    if request.status == Status.ANSWERED:
        return Stage(str(request.get_status_display()), "circle-check", "")
    if request.status == Status.REFUSED:
        return Stage(str(request.get_status_display()), "ban", "warn")
    is_claim = request.type in BLOCKS
    has_package = request.files.filter(status="ready", kind="access").exists()
    facts = (
        (is_claim and request.effective_at and not request.finding,
         Stage(_("Customer is blocked"), "lock", "neg")),
        (request.erasure_id, Stage(_("Being destroyed"), "trash", "")),
        (request.status == Status.IDENTITY_CHECK, Stage(_("Waits for the customer"), "id", "warn")),
        (request.effective_at and not is_claim, Stage(_("In effect"), "circle-check", "acc")),
        (has_package, Stage(_("Package is ready"), "package", "acc")),
    )  # fmt: skip
    usual = Stage(str(request.get_status_display()), "clock", "")
    return next((stage for is_so, stage in facts if is_so), usual)


@dataclass(frozen=True, slots=True)
class Person:
    """The customer on the request's page; masked already."""

    public_id: Any
    number: int
    name: str
    status: str
    status_label: str
    contacts: list[tuple[str, str]]


def person_of(customer_id: int | None, *, masked: bool) -> Person | None:
    customer = Customer.objects.filter(pk=customer_id).first() if customer_id else None
    if customer is None:
        return None
    points = list(ContactPoint.objects.filter(customer_id=customer.pk).order_by("kind", "pk"))
    opened = Vault(current_tenant()).open_many(
        [(row.pk, row.customer_id, bytes(row.sealed)) for row in points]
    )
    contacts = [
        (
            str(row.get_kind_display()),
            mask_contact(row.kind, opened[row.pk]) if masked else opened[row.pk],
        )
        for row in points
        if row.pk in opened
    ]
    name = names_of({customer.pk}, masked=masked).get(customer.pk, "")
    return Person(
        customer.public_id, customer.pk, name or _("Without a name"), customer.status,
        str(customer.get_status_display()), contacts,
    )  # fmt: skip


def panels_for(request: HttpRequest, *, is_banner: bool) -> list[Panel]:
    role = Actor.of(request).role
    made = (each.make(role) for each in registry.panels(is_banner=is_banner))
    return [panel for panel in made if panel is not None]


STEPS: dict[str, tuple[str, str]] = {  # kind → icon, colour of the pin
    "registered": ("file-plus", ""), "stopped": ("hand-stop", "stop"), "blocked": ("lock", "stop"),
    "unblocked": ("lock-open", "buy"), "identified": ("id", "buy"), "asked_identity": ("id", ""),
    "extended": ("clock", ""), "forwarded": ("send", ""), "found": ("search", ""),
    "corrected": ("edit", "buy"), "recipient_told": ("send", ""), "file_asked": ("package", "mute"),
    "file_made": ("package", ""), "file_taken": ("download", ""),
    "answered": ("circle-check", "buy"),
    "recounted": ("calendar", ""), "erasure_begun": ("trash", "stop"),
    "address_confirmed": ("mail", "buy"), "address_stopped": ("hand-stop", "stop"),
}  # fmt: skip


def step_words(kind: str) -> str:
    words = {
        "registered": _("Written down"), "stopped": _("Advertising stopped"),
        "blocked": _("Customer blocked for the check"), "unblocked": _("Block lifted"),
        "identified": _("It is certain who asks"), "asked_identity": _("The customer was asked"),
        "extended": _("Term extended, notice made"), "forwarded": _("Handed over to the company"),
        "found": _("The check is over"), "corrected": _("Data corrected"),
        "recipient_told": _("Recipient told"), "file_asked": _("Document ordered"),
        "file_made": _("Document ready"), "file_taken": _("Document taken"),
        "answered": _("Answered"), "recounted": _("Term counted anew: the calendar changed"),
        "erasure_begun": _("Destruction begun"),
        "address_confirmed": _("The applicant confirmed the e-mail"),
        "address_stopped": _("Advertising to this e-mail stopped"),
    }  # fmt: skip
    return words.get(kind, kind)


def timeline(request: SubjectRequest) -> list[dict[str, Any]]:
    events = list(RequestEvent.objects.filter(request=request))
    names = actor_names(sorted({each.actor for each in events}))
    return [
        {
            "event": each, "title": step_words(each.kind), "who": names.get(each.actor, each.actor),
            "icon": STEPS.get(each.kind, ("point", ""))[0],
            "pin": STEPS.get(each.kind, ("point", ""))[1],
        }
        for each in reversed(events)
    ]  # fmt: skip


def detail_context(request: HttpRequest, asked: SubjectRequest) -> dict[str, Any]:
    masked = is_masked(request)
    works = may(request, Permission.REQUESTS_WORK) and asked.is_open
    return {
        "asked": asked, "is_masked": masked, "is_open": asked.is_open,
        "applicant": shown_applicant(asked, masked=masked),
        "person": person_of(asked.customer_id, masked=masked),
        "stage": stage_of(asked), "clock": selectors.term_clock(asked),
        "article": article_of(asked), "steps": timeline(asked),
        **files_context(request, asked), "notices": list(selectors.notices_of(asked)),
        "answer": "" if masked else answer_of(asked),
        "state": selectors.state_of(asked),
        "may_work": works, "needs_identity": selectors.needs_identity(asked),
        "may_extend": works and selectors.may_extend(asked),
        "may_check": works and asked.type in BLOCKS and asked.finding in {"", "INACCURATE"},
        "may_rectify": works
        and (asked.type == Type.RECTIFY_20_3 or asked.finding == "INACCURATE"),
        "may_destroy": works and asked.type in GROUNDS and not asked.erasure_id,
        "may_forward": may(request, Permission.REQUESTS_REGISTER)
        and asked.party == Party.PROCESSOR and asked.forwarded_at is None,
        "is_forward_late": selectors.late_forward(asked),
        "words": _act_words(),
    }  # fmt: skip


def files_context(request: HttpRequest, asked: SubjectRequest) -> dict[str, Any]:
    files = list(selectors.files_of(asked))
    may_take = may(request, Permission.REQUESTS_WORK)
    return {
        "asked": asked, "files": files, "may_take": may_take, "may_order": may_take,
        "is_making": any(each.status == "preparing" for each in files),
    }  # fmt: skip


def _act_words() -> dict[str, str]:
    """Heads and buttons of what may be done."""
    return {
        "identity": _("Say who asks"), "identity_do": _("It is certain who asks"),
        "find": _("Write what the check found"), "find_do": _("Close the check"),
        "rectify": _("Correct the data"), "rectify_do": _("Correct"),
        "extend": _("Extend the term"), "extend_do": _("Extend and make the notice"),
        "answer": _("Close with an answer"), "answer_do": _("The answer is sent"),
    }  # fmt: skip
