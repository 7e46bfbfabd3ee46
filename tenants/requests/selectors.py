"""Reading requests: the desk, one request, what remains in force for a customer."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils import translation

from cvm_platform.common import clock
from cvm_platform.common.errors import InvalidInput
from tenants.approvals.selectors import Clock, clock_of
from tenants.customers.sealing import Vault, normalise_email, normalise_phone
from tenants.customers.selectors import customers_found_by
from tenants.erasure import registry as erasure
from tenants.requests.contracts import CLOSED, OPEN, RULES, Party, Status
from tenants.requests.models import RecipientNotice, RequestFile, SubjectRequest
from tenants.tenancy.selectors import current_tenant

PAGE = 25
TABS = ("open", "waiting", "closed")
_NUMBER = re.compile(r"№?\s*(\d{1,9})")
_FOUND = 50


@dataclass(frozen=True, slots=True)
class DeskQuery:
    tab: str = "open"
    kind: str = ""
    text: str = ""
    overdue: bool = False


def request_by_public_id(public_id: UUID) -> SubjectRequest | None:
    return SubjectRequest.objects.filter(public_id=public_id).first()


def requests_of(customer_id: int) -> QuerySet[SubjectRequest]:
    return SubjectRequest.objects.filter(customer_id=customer_id).order_by("-received_at", "-pk")


def desk(query: DeskQuery) -> QuerySet[SubjectRequest]:
    """The most urgent first; closed ones the newest first."""
    rows = _tab(SubjectRequest.objects.all(), query.tab)
    if query.kind:
        rows = rows.filter(type=query.kind)
    if query.overdue:
        rows = rows.filter(due_at__lt=clock.now())
    if query.text.strip():
        rows = rows.filter(_matches(query.text.strip()))
    return rows.order_by("-answered_at", "-pk") if query.tab == "closed" else rows


def _tab(rows: QuerySet[SubjectRequest], tab: str) -> QuerySet[SubjectRequest]:
    if tab == "closed":
        return rows.filter(status__in=CLOSED)
    if tab == "waiting":
        return rows.filter(status=Status.IDENTITY_CHECK)
    return rows.filter(status__in=OPEN)


def _matches(text: str) -> Q:
    """A number, a name or an exact contact; the contact of who wrote counts too."""
    number = _NUMBER.fullmatch(text)
    found = Q(pk=int(number[1])) if number else Q(pk=-1)
    ids = list(customers_found_by(text, most=_FOUND).values_list("pk", flat=True)[:_FOUND])
    if ids:
        found |= Q(customer_id__in=ids)
    for key in contact_keys(text):
        found |= Q(contact_hmacs__contains=[key])
    return found


def contact_keys(text: str) -> list[str]:
    """Blind indexes of a text that is an e-mail or a phone; none for another one."""
    vault = Vault(current_tenant())
    try:
        if "@" in text:
            return [vault.email_hmac(normalise_email(text)).hex()]
        return [vault.phone_hmac(normalise_phone(text)).hex()]
    except InvalidInput:
        return []


def tab_counts() -> dict[str, int]:
    counted = SubjectRequest.objects.aggregate(
        open=Count("pk", filter=Q(status__in=OPEN)),
        waiting=Count("pk", filter=Q(status=Status.IDENTITY_CHECK)),
        closed=Count("pk", filter=Q(status__in=CLOSED)),
    )
    return {name: int(counted[name]) for name in TABS}


def overdue_count() -> int:
    return SubjectRequest.objects.filter(status__in=OPEN, due_at__lt=clock.now()).count()


def state_of(request: SubjectRequest, now: datetime | None = None) -> str:
    """The status of the specification: OVERDUE is an open request whose term is over."""
    is_late = request.is_open and (now or clock.now()) > request.due_at
    return "OVERDUE" if is_late else request.status


def term_clock(request: SubjectRequest) -> Clock:
    """The law's clock; a closed request's stands still at its answer."""
    return clock_of(request.received_at, request.due_at, request.answered_at)


def late_forward(request: SubjectRequest) -> bool:
    return (
        request.party == Party.PROCESSOR
        and request.forwarded_at is None
        and request.forward_due_at is not None
        and clock.now() > request.forward_due_at
    )


def may_extend(request: SubjectRequest) -> bool:
    return (
        request.is_open
        and RULES[request.type].may_extend
        and request.extension_sent_at is None
        and clock.now() < request.due_at
    )


def needs_identity(request: SubjectRequest) -> bool:
    return RULES[request.type].needs_identity and request.identity_checked_at is None


def files_of(request: SubjectRequest) -> QuerySet[RequestFile]:
    return RequestFile.objects.filter(request=request).order_by("-id")


def file_by_public_id(public_id: UUID) -> RequestFile | None:
    return RequestFile.objects.select_related("request").filter(public_id=public_id).first()


def notices_of(request: SubjectRequest) -> QuerySet[RecipientNotice]:
    return RecipientNotice.objects.filter(request=request).order_by("id")


def open_notices(request: SubjectRequest) -> int:
    return notices_of(request).filter(notified_at=None).count()


def remaining_of(customer_id: int) -> list[dict[str, Any]]:
    """What stays for the customer after a stop: on which ground, until when, which data.

    An unfinished order keeps what its delivery and its guarantee need (article 6(1)(5)).
    """
    found = erasure.bases_of([customer_id], clock.now()).get(customer_id, [])
    fields = sorted({word for each in erasure.erasers() if each.is_contract
                     for word in each.categories})  # fmt: skip
    with translation.override("ru"):  # the answer is in the language of the state
        return [
            {"basis": each.code, "why": str(each.label), "fields": fields,
             "until": each.until.isoformat() if each.until else ""}
            for each in found
        ]  # fmt: skip
