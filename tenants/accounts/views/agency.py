"""The agency's home: companies with health and money; opening a company; the switcher."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cvm_platform.common import clock
from cvm_platform.common.errors import DomainError
from cvm_platform.common.htmx import render_page
from tenants.accounts import companies, export, hosts, onboarding
from tenants.accounts.access import permission
from tenants.accounts.contracts import Permission
from tenants.accounts.forms import CompanyForm, add_refusal
from tenants.accounts.views.common import by
from tenants.tenancy.health import HEALTH
from tenants.tenancy.models import Plan

PAGE_SIZE = 20


def _rows(request: HttpRequest) -> list[companies.Row]:
    asked = request.GET
    return companies.company_rows(
        request, query=asked.get("q", "").strip(), health=asked.get("health", ""),
        plan=asked.get("plan", ""), sort=asked.get("sort", ""),
    )  # fmt: skip


@require_GET
@permission(Permission.COMPANIES_VIEW)
def company_list(request: HttpRequest) -> HttpResponse:
    rows = _rows(request)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    is_filtered = any(request.GET.get(name) for name in ("q", "health", "plan"))
    context = {
        "page": page, "healths": HEALTH.values(),
        "plans": Plan.objects.all(), "is_filtered": is_filtered, "today": clock.now(),
        "totals": companies.totals(companies.company_rows(request) if is_filtered else rows),
    }  # fmt: skip
    return render_page(
        request, "tenants/accounts/companies.html", context,
        fragment="tenants/accounts/_companies.html",
    )  # fmt: skip


@require_GET
@permission(Permission.COMPANIES_VIEW)
def company_export(request: HttpRequest, kind: str) -> HttpResponse:
    """The filtered table as XLSX or CSV, with full figures."""
    if kind not in export.KINDS:
        raise Http404
    table = export.company_table(_rows(request))
    response = HttpResponse(export.KINDS[kind](table), content_type=export.MEDIA_TYPES[kind])
    response.headers["Content-Disposition"] = f'attachment; filename="companies.{kind}"'
    return response


@require_http_methods(["GET", "POST"])
@permission(Permission.COMPANIES_CREATE)
def company_new(request: HttpRequest) -> HttpResponse:
    form = CompanyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            tenant = onboarding.open_company(by=by(request), **form.values())
        except DomainError as error:
            add_refusal(form, error)
        else:
            text = _("“%(name)s” is made. Fill in its papers next.") % {"name": tenant.name}
            messages.success(request, text)
            return HttpResponseRedirect(hosts.tenant_url(request, tenant, "/registers/"))
    status = 422 if form.errors else 200
    return render(request, "tenants/accounts/company_new.html", {"form": form}, status=status)


@require_GET
@permission(Permission.COMPANIES_VIEW)
def company_switch(request: HttpRequest) -> HttpResponse:
    """Other companies of this person, found by a part of the name or address."""
    query = request.GET.get("q", "").strip()
    rows, total = companies.switch_rows(request, query=query, limit=PAGE_SIZE)
    context = {"companies": rows, "total": total, "all_url": hosts.agency_url(request), "q": query}
    return render_page(
        request, "tenants/accounts/switch.html", context, fragment="components/switch_list.html"
    )
