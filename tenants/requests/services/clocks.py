"""Dates of requests: written down with the calendar they rest on, counted anew when it changes."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants.accounts.contracts import Permission
from tenants.approvals.contracts import TaskKind
from tenants.approvals.services import close_task, open_task
from tenants.audit.services import SYSTEM
from tenants.requests.contracts import OPEN, RULES, Type, terms_of
from tenants.requests.models import SubjectRequest
from tenants.requests.services.journal import note
from tenants.tenancy.selectors import current_tenant
from tenants.workdays.contracts import WorkCalendar
from tenants.workdays.selectors import work_calendar

ANSWER, PROVISIONAL = "requests.answer", "requests.provisional"


def _answer_title(params: Mapping[str, Any]) -> str:
    text = _("Request No. %(number)s: %(what)s")
    return text % {"number": params["number"], "what": Type(params["type"]).label}


def _provisional_title(params: Mapping[str, Any]) -> str:
    text = _("Request No. %(number)s: the term is provisional, the calendar of its year is missing")
    return text % {"number": params["number"]}


ANSWER_KIND = TaskKind(
    ANSWER, gettext_lazy("Requests of customers"), Permission.REQUESTS_WORK, _answer_title,
    by_hand=False,
)  # fmt: skip
PROVISIONAL_KIND = TaskKind(
    PROVISIONAL, gettext_lazy("Requests of customers"), Permission.REQUESTS_WORK,
    _provisional_title, by_hand=False,
)  # fmt: skip


def url_of(request: SubjectRequest) -> str:
    return f"/privacy/requests/{request.public_id}/"


def set_terms(request: SubjectRequest, calendar: WorkCalendar | None = None) -> None:
    """Fills the dates of an unsaved or loaded request; the caller saves."""
    rule = RULES[request.type]
    terms = terms_of(
        request.type, request.received_at, calendar or work_calendar(), current_tenant().timezone,
        request.extension_days,
    )  # fmt: skip
    request.clock_unit, request.clock_value = rule.unit, rule.amount
    request.due_at, request.internal_due_at = terms.due_at, terms.internal_due_at
    request.is_provisional, request.calendar_version = terms.is_provisional, terms.version


def open_tasks(request: SubjectRequest) -> None:
    """Work with the request's term; reminded of at 50, 80 and 100 % by the list of work."""
    key, params = str(request.pk), {"number": request.pk, "type": request.type}
    open_task(
        kind=ANSWER, key=key, params=params, url=url_of(request), since=request.received_at,
        due_at=request.due_at,
    )  # fmt: skip
    if request.is_provisional:
        open_task(kind=PROVISIONAL, key=key, params=params, url=url_of(request),
                  due_at=request.due_at)  # fmt: skip
    else:
        close_task(kind=PROVISIONAL, key=key)


def close_tasks(request: SubjectRequest) -> None:
    for kind in (ANSWER, PROVISIONAL):
        close_task(kind=kind, key=str(request.pk))


def recount_terms() -> int:
    """Open requests whose dates rest on another calendar than the one loaded now.

    Returns:
        How many dates moved or became final.
    """
    calendar, changed = work_calendar(), 0
    stale = SubjectRequest.objects.filter(status__in=OPEN).exclude(
        calendar_version=calendar.version
    )
    for pk in list(stale.values_list("pk", flat=True)):
        with transaction.atomic():
            request = SubjectRequest.objects.select_for_update().get(pk=pk)
            if not request.is_open:
                continue
            before = (request.due_at, request.internal_due_at, request.is_provisional)
            set_terms(request, calendar)
            request.save(update_fields=["due_at", "internal_due_at", "is_provisional",
                                        "calendar_version"])  # fmt: skip
            if before == (request.due_at, request.internal_due_at, request.is_provisional):
                continue
            note(request, SYSTEM, "recounted", was=before[0].isoformat(),
                 due=request.due_at.isoformat())  # fmt: skip
            open_tasks(request)
            changed += 1
    return changed
