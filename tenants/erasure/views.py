"""Erasures, acts, disputes and terms of storage. Nobody sees a value here, only numbers."""

from datetime import datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cvm_platform.common.errors import DomainError, InvalidInput, NotFound
from cvm_platform.common.htmx import render_page
from tenants.accounts.access import permission
from tenants.accounts.contracts import Permission
from tenants.audit import watch
from tenants.audit.contracts import Action
from tenants.audit.selectors import actor_names
from tenants.audit.services import Actor
from tenants.customers.models import Customer
from tenants.customers.selectors import customers_found_by
from tenants.erasure import pages, selectors, services
from tenants.erasure.contracts import Ground
from tenants.erasure.models import DestructionAct
from tenants.tenancy.selectors import current_tenant

_PAGE = 25


def _page(request: HttpRequest, rows: Any) -> Any:
    return Paginator(rows, _PAGE).get_page(request.GET.get("page"))


def _person(text: str) -> Customer:
    """The one customer whom an e-mail, a phone or a number means.

    Raises:
        NotFound: nobody, or several.
    """
    if not text.strip():
        raise NotFound(_("Write an e-mail, a phone or an id."))
    watch.describe(Action.SEARCH, categories=("contact",), reason=_("to erase or to hold"))
    found = list(customers_found_by(text, most=2)[:2])
    if len(found) != 1:
        raise NotFound(_("Nobody was found, or more than one: write the whole address or the id."))
    return found[0]


# ---- erasures ----------------------------------------------------------------------------------


@require_GET
@permission(Permission.ERASURE_VIEW)
def job_list(request: HttpRequest) -> HttpResponse:
    return _jobs(request)


def _jobs(
    request: HttpRequest, error: DomainError | None = None, status: int = 200
) -> HttpResponse:
    page = _page(request, selectors.jobs())
    context = {
        "page": page, "rows": [pages.job_row(job) for job in page], "grounds": Ground.choices,
        "error": error, "given": request.POST, "tab": "jobs",
    }  # fmt: skip
    return render_page(request, "tenants/erasure/jobs.html", context, status=status)


@require_POST
@permission(Permission.ERASURE_RUN)
def job_begin(request: HttpRequest) -> HttpResponse:
    given = request.POST
    try:
        job = services.begin_erasure(
            customer_id=_person(given.get("who", "")).pk, ground=given.get("ground", ""),
            reason=given.get("reason", ""), requested_by=Actor.of(request),
        )  # fmt: skip
    except DomainError as error:
        return _jobs(request, error, error.status)
    return redirect("tenants:erasure-job", public_id=job.public_id)


@require_GET
@permission(Permission.ERASURE_VIEW)
def job_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    job = selectors.job_by_public_id(public_id)
    if job is None:
        raise Http404
    names = actor_names([job.requested_by])
    context = {
        **pages.job_row(job), "steps": pages.steps_of(job), "tab": "jobs",
        "subjects": pages.subjects_of(job), "asker": names.get(job.requested_by, ""),
        "stays": selectors.retained_items(),
    }  # fmt: skip
    return render_page(request, "tenants/erasure/job.html", context)


# ---- acts --------------------------------------------------------------------------------------


@require_GET
@permission(Permission.ERASURE_VIEW)
def act_list(request: HttpRequest) -> HttpResponse:
    page = _page(request, selectors.acts())
    context = {"page": page, "rows": [pages.act_row(act) for act in page], "tab": "acts"}
    return render_page(request, "tenants/erasure/acts.html", context)


def _act(public_id: UUID) -> DestructionAct:
    act = selectors.act_by_public_id(public_id)
    if act is None:
        raise Http404
    return act


@require_GET
@permission(Permission.ERASURE_VIEW)
def act_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    return _act_page(request, _act(public_id))


def _act_page(
    request: HttpRequest, act: DestructionAct, error: DomainError | None = None, status: int = 200
) -> HttpResponse:
    context = {
        **pages.act_page(act), "error": error, "given": request.POST, "tab": "acts",
        "kinds": DestructionAct.Signature.choices,
    }  # fmt: skip
    return render_page(request, "tenants/erasure/act.html", context, status=status)


@require_POST
@permission(Permission.ERASURE_RUN)
def act_sign(request: HttpRequest, public_id: UUID) -> HttpResponse:
    given = request.POST
    fields = ("name", "position", "signature_type", "second_name", "second_position")
    try:
        services.sign_act(
            public_id=public_id, actor=Actor.of(request),
            **{field: given.get(field, "") for field in fields},
        )  # fmt: skip
    except NotFound as error:
        raise Http404 from error
    except DomainError as error:
        return _act_page(request, _act(public_id), error, error.status)
    messages.success(request, _("Signed. The second person was asked to sign."))
    return redirect("tenants:erasure-act", public_id=public_id)


@require_GET
@permission(Permission.ERASURE_VIEW)
def act_file(request: HttpRequest, public_id: UUID) -> HttpResponse:
    return _file(_act(public_id), "act")


@require_GET
@permission(Permission.ERASURE_VIEW)
def log_file(request: HttpRequest, public_id: UUID) -> HttpResponse:
    return _file(_act(public_id), "log")


def _file(act: DestructionAct, kind: str) -> HttpResponse:
    try:
        content = services.document(act, kind)
    except DomainError as error:
        return HttpResponse(error.message, status=error.status, content_type="text/plain")
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{act.number}-{kind}.pdf"'
    return answer


# ---- disputes ----------------------------------------------------------------------------------


@require_GET
@permission(Permission.ERASURE_VIEW)
def hold_list(request: HttpRequest) -> HttpResponse:
    return _holds(request)


def _holds(
    request: HttpRequest, error: DomainError | None = None, status: int = 200
) -> HttpResponse:
    page = _page(request, selectors.holds())
    names = actor_names(
        sorted({each.placed_by for each in page} | {each.lifted_by for each in page})
    )
    context = {
        "page": page, "rows": [(each, names.get(each.placed_by, "")) for each in page],
        "error": error, "given": request.POST, "tab": "holds",
    }  # fmt: skip
    return render_page(request, "tenants/erasure/holds.html", context, status=status)


@require_POST
@permission(Permission.ERASURE_RUN)
def hold_place(request: HttpRequest) -> HttpResponse:
    given = request.POST
    try:
        services.place_hold(
            customer_public_id=_person(given.get("who", "")).public_id,
            ground=given.get("ground", ""), reason=given.get("reason", ""),
            until=_end_of(given.get("until", "")), actor=Actor.of(request),
        )  # fmt: skip
    except DomainError as error:
        return _holds(request, error, error.status)
    return redirect("tenants:erasure-holds")


def _end_of(text: str) -> datetime | None:
    """The last second of a day; None when nothing was written.

    Raises:
        InvalidInput: this is no date.
    """
    if not text:
        return None
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        problem = _("This is not a date.")
        raise InvalidInput(problem, fields={"until": problem})
    return datetime.combine(day, time(23, 59, 59), ZoneInfo(current_tenant().timezone))


@require_POST
@permission(Permission.ERASURE_RUN)
def hold_lift(request: HttpRequest, public_id: UUID) -> HttpResponse:
    try:
        services.lift_hold(public_id=public_id, actor=Actor.of(request))
    except NotFound as error:
        raise Http404 from error
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("tenants:erasure-holds")


# ---- terms of storage --------------------------------------------------------------------------


@require_GET
@permission(Permission.ERASURE_VIEW)
def retention(request: HttpRequest) -> HttpResponse:
    return _retention(request)


def _retention(
    request: HttpRequest, error: DomainError | None = None, status: int = 200,
    report: list[dict[str, Any]] | None = None,
) -> HttpResponse:  # fmt: skip
    context = {
        "policies": [pages.policy_row(each) for each in selectors.policies()],
        "runs": [pages.run_row(each) for each in selectors.runs()[:10]],
        "report": None if report is None else [pages.report_row(row) for row in report],
        "error": error, "tab": "terms",
    }  # fmt: skip
    return render_page(request, "tenants/erasure/terms.html", context, status=status)


@require_POST
@permission(Permission.ERASURE_VIEW)
def retention_look(request: HttpRequest) -> HttpResponse:
    """A dry run: what would go and what would stay. Changes nothing."""
    return _retention(request, report=services.look())


@require_POST
@permission(Permission.ERASURE_RUN)
def policy_change(request: HttpRequest, code: str) -> HttpResponse:
    days = request.POST.get("days", "")
    try:
        services.change_policy(
            code=code, hours=int(days) * 24 if days.isdecimal() and len(days) < 6 else 0,
            is_active=request.POST.get("is_active") == "on", actor=Actor.of(request),
        )  # fmt: skip
    except NotFound as error:
        raise Http404 from error
    except DomainError as error:
        return _retention(request, error, error.status)
    return redirect("tenants:erasure-retention")


@require_GET
@permission(Permission.ERASURE_VIEW)
def run_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    run = selectors.runs().filter(public_id=public_id).first()
    if run is None:
        raise Http404
    context = {
        "run": run, "rows": [pages.report_row(row, run.applied) for row in run.report],
        "tab": "terms",
    }  # fmt: skip
    return render_page(request, "tenants/erasure/run.html", context)
