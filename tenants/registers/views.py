"""Screens of the registers: what is missing, the operator, the assignment, incidents."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cvm_platform.common import clock
from cvm_platform.common.errors import DomainError
from cvm_platform.common.htmx import render_page
from tenants.accounts.access import may, permission
from tenants.accounts.contracts import Permission
from tenants.audit.services import Actor
from tenants.registers import notices, registry, selectors, services
from tenants.registers.contracts import CLAUSES
from tenants.registers.forms import (
    AgreementForm,
    FactsForm,
    IncidentForm,
    OperatorForm,
    put_error,
)
from tenants.registers.models import LeakIncident, ProcessorAgreement

_AGREEMENT = ("number", "signed_at", "valid_from", "valid_to", "processor_name",
              "processor_address", "processor_inn", "pd_categories", "subject_categories",
              "actions", "purposes", "leak_notice_hours", "on_end", "on_end_days",
              *CLAUSES)  # fmt: skip


def _saved(request: HttpRequest, form: Form, act: Callable[[], object]) -> bool:
    """Whether the service took it; its refusal stands at the fields otherwise."""
    if request.method != "POST" or not form.is_valid():
        return False
    try:
        act()
    except DomainError as error:
        put_error(form, error)
        return False
    messages.success(request, _("Saved."))
    return True


def _page(request: HttpRequest, template: str, **context: object) -> HttpResponse:
    form = context.get("form")
    status = 422 if isinstance(form, Form) and form.errors else 200
    context["may_edit"] = may(request, Permission.REGISTERS_EDIT)
    return render_page(request, f"tenants/registers/{template}.html", context, status=status)


@require_safe
@permission(Permission.REGISTERS_VIEW)
def missing(request: HttpRequest) -> HttpResponse:
    checks = registry.checks()
    return _page(request, "missing", tab="missing", checks=checks,
                 left=sum(not each.is_done for each in checks),
                 is_onboarding=selectors.is_onboarding(),
                 reason=selectors.why_closed(clock.now()))  # fmt: skip


@require_POST
@permission(Permission.REGISTERS_EDIT)
def open_company(request: HttpRequest) -> HttpResponse:
    try:
        services.open_company(actor=Actor.of(request))
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The company is open: data may be loaded."))
    return redirect("tenants:registers-missing")


@require_POST
@permission(Permission.REGISTERS_EDIT)
def notified(request: HttpRequest) -> HttpResponse:
    """The regulator was told what stands here now."""
    services.note_notification(actor=Actor.of(request))
    messages.success(request, _("Noted: the regulator knows what stands here now."))
    return redirect("tenants:registers-missing")


@require_http_methods(["GET", "POST"])
@permission(Permission.REGISTERS_EDIT)
def operator(request: HttpRequest) -> HttpResponse:
    said = selectors.operator()
    initial = {name: getattr(said, name) for name in OperatorForm.base_fields}
    initial["brands"] = "\n".join(said.brands)
    form = OperatorForm(request.POST or None, initial=initial)
    actor = Actor.of(request)
    if _saved(request, form, lambda: services.save_operator(actor=actor, **form.values())):
        return redirect("tenants:registers-missing")
    return _page(request, "form", tab="operator", form=form, title=_("Operator"))


@require_safe
@permission(Permission.REGISTERS_VIEW)
def agreements(request: HttpRequest) -> HttpResponse:
    rows = ProcessorAgreement.objects.order_by("-id")
    return _page(request, "agreements", tab="agreements", rows=rows,
                 purposes=selectors.purposes())  # fmt: skip


@require_http_methods(["GET", "POST"])
@permission(Permission.REGISTERS_EDIT)
def agreement(request: HttpRequest, public_id: UUID | None = None) -> HttpResponse:
    row = _agreement(public_id) if public_id else None
    initial = {name: getattr(row, name) for name in _AGREEMENT} if row else {}
    choices = [(each.code, each.title) for each in selectors.purposes()]
    form = AgreementForm(request.POST or None, initial=initial, purposes=choices)
    actor = Actor.of(request)

    def save() -> None:
        made = services.save_agreement(actor=actor, public_id=public_id, **form.cleaned_data)
        if "ask" in request.POST:
            officer = may(request, Permission.PRIVACY_OVERSEE)
            act = services.activate_agreement if officer else services.ask_activation
            act(actor=actor, public_id=made.public_id)

    is_draft = row is None or row.status == ProcessorAgreement.Status.DRAFT
    if is_draft and _saved(request, form, save):
        return redirect("tenants:registers-agreements")
    return _page(request, "agreement", tab="agreements", form=form, row=row, is_draft=is_draft,
                 is_officer=may(request, Permission.PRIVACY_OVERSEE))  # fmt: skip


@require_POST
@permission(Permission.PRIVACY_OVERSEE)
def agreement_end(request: HttpRequest, public_id: UUID) -> HttpResponse:
    try:
        services.end_agreement(
            actor=Actor.of(request), public_id=public_id, reason=request.POST.get("reason", "")
        )
        messages.success(request, _("The assignment has ended."))
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("tenants:registers-agreements")


def _agreement(public_id: UUID) -> ProcessorAgreement:
    found = ProcessorAgreement.objects.filter(public_id=public_id).first()
    if found is None:
        raise Http404
    return found


@require_safe
@permission(Permission.REGISTERS_VIEW)
def incidents(request: HttpRequest) -> HttpResponse:
    rows = LeakIncident.objects.order_by("-detected_at")
    return _page(request, "incidents", tab="incidents", rows=rows)


@require_http_methods(["GET", "POST"])
@permission(Permission.INCIDENTS_REPORT)
def incident_report(request: HttpRequest) -> HttpResponse:
    form = IncidentForm(request.POST or None)
    actor = Actor.of(request)
    if _saved(request, form, lambda: services.open_incident(actor=actor, **form.cleaned_data)):
        seen = may(request, Permission.REGISTERS_VIEW)
        return redirect("tenants:registers-incidents" if seen else "campaigns:results-home")
    return _page(request, "form", tab="incidents", form=form, title=_("Report a leak"))


@require_http_methods(["GET", "POST"])
@permission(Permission.REGISTERS_VIEW)
def incident(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Its clocks and facts. Facts may be missing: the notice goes out all the same."""
    row = _incident(public_id)
    initial = {name: getattr(row, name) for name in FactsForm.base_fields}
    form = FactsForm(request.POST or None, initial=initial)
    actor = Actor.of(request)

    def save() -> None:
        services.save_incident(actor=actor, public_id=public_id, **form.cleaned_data)

    if may(request, Permission.REGISTERS_EDIT) and _saved(request, form, save):
        return redirect("tenants:registers-incident", public_id=public_id)
    return _page(request, "incident", tab="incidents", row=row, form=form)


@require_safe
@permission(Permission.REGISTERS_VIEW)
def incident_notice(request: HttpRequest, public_id: UUID, kind: str) -> HttpResponse:
    row = _incident(public_id)
    makers = {"primary": notices.primary_notice, "additional": notices.additional_notice}
    if kind not in makers:
        raise Http404
    response = HttpResponse(makers[kind](row).content(), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="leak-{kind}.pdf"'
    return response


def _incident(public_id: UUID) -> LeakIncident:
    found = LeakIncident.objects.filter(public_id=public_id).first()
    if found is None:
        raise Http404
    return found
