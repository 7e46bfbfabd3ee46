"""Screens of the registers: what a company still lacks before it may work with people's data."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cvm_platform.common import clock
from cvm_platform.common.errors import DomainError
from cvm_platform.common.htmx import render_page
from tenants.accounts.access import permission
from tenants.accounts.contracts import Permission
from tenants.audit.services import Actor
from tenants.registers import registry, selectors, services


@require_GET
@permission(Permission.REGISTERS_VIEW)
def missing(request: HttpRequest) -> HttpResponse:
    rows = registry.checks()
    context = {
        "rows": rows, "left": sum(not each.is_done for each in rows),
        "is_onboarding": selectors.is_onboarding(), "closed": selectors.why_closed(clock.now()),
    }  # fmt: skip
    return render_page(request, "tenants/registers/missing.html", context)


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
