"""The officer's desk, and writing a request down."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cvm_platform.common import clock
from cvm_platform.common.errors import DomainError
from cvm_platform.common.htmx import render_page
from tenants.accounts.access import permission
from tenants.accounts.contracts import Permission
from tenants.audit import watch
from tenants.audit.contracts import Action
from tenants.audit.services import Actor
from tenants.customers.models import Customer
from tenants.customers.selectors import customer_by_public_id, customers_found_by
from tenants.requests import pages, selectors, services
from tenants.requests.contracts import Party
from tenants.requests.forms import DeskFilter, FindForm, RegisterForm, put_error
from tenants.requests.limits import may_search
from tenants.requests.selectors import TABS, DeskQuery
from tenants.tenancy.selectors import current_tenant
from tenants.workdays.selectors import work_calendar

_FOUND = 5


@require_GET
@permission(Permission.REQUESTS_VIEW)
def desk(request: HttpRequest) -> HttpResponse:
    form = DeskFilter(request.GET)
    given: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
    tab = request.GET.get("tab", "open")
    query = DeskQuery(
        tab=tab if tab in TABS else "open", kind=given.get("kind", ""), text=given.get("q", ""),
        overdue=bool(given.get("overdue")),
    )  # fmt: skip
    if query.text and not may_search(request):
        query = DeskQuery(tab=query.tab)
        messages.error(request, _("Too many searches: try again in an hour."))
    if query.text:
        watch.describe(Action.SEARCH, reason="requests")
    page = Paginator(selectors.desk(query), selectors.PAGE).get_page(request.GET.get("page"))
    masked = pages.is_masked(request)
    context: dict[str, Any] = {
        "form": form, "query": query, "page": page, "is_masked": masked,
        "rows": pages.rows_of(page, masked=masked), "counts": selectors.tab_counts(),
        "is_filtered": bool(query.kind or query.text or query.overdue),
    }  # fmt: skip
    if not request.headers.get("HX-Request"):
        zone = ZoneInfo(current_tenant().timezone)
        now = clock.now().astimezone(zone)
        context |= {
            "now": now, "banners": pages.panels_for(request, is_banner=True),
            "panels": pages.panels_for(request, is_banner=False),
            "overdue": selectors.overdue_count(),
            "years": ", ".join(map(str, sorted(work_calendar().years))),
            "weekday": date_format(now, "l"),
        }  # fmt: skip
    return render_page(
        request, "tenants/requests/desk.html", context, fragment="tenants/requests/_table.html"
    )


@require_http_methods(["GET", "POST"])
@permission(Permission.REQUESTS_REGISTER)
def register_find(request: HttpRequest) -> HttpResponse:
    """Whose request it is: an exact e-mail or phone, posted so that no address keeps it."""
    form = FindForm(request.POST or None)
    context: dict[str, Any] = {"form": form, "found": None}
    status = 200
    if request.method == "POST" and form.is_valid():
        who = form.cleaned_data["who"].strip()
        if not who:
            return redirect("tenants:requests-new")
        if not may_search(request):
            form.add_error("who", _("Too many searches: try again in an hour."))
        elif not selectors.contact_keys(who):
            form.add_error("who", _("Write a whole e-mail or a whole phone number."))
        else:
            watch.describe(Action.SEARCH, reason="requests")
            ids = list(customers_found_by(who).values_list("pk", flat=True)[:_FOUND])
            masked = pages.is_masked(request)
            context["found"] = [pages.person_of(each, masked=masked) for each in ids]
            context["form"] = FindForm()  # what was typed is not said back
        status = 422 if form.errors else 200
    return render_page(request, "tenants/requests/find.html", context, status=status)


@require_http_methods(["GET", "POST"])
@permission(Permission.REQUESTS_REGISTER)
def register_new(request: HttpRequest) -> HttpResponse:
    customer = _customer(request.GET.get("customer", ""))
    agency = pages.is_agency(request)
    form = RegisterForm(request.POST or None, is_agency=agency)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            made = _register(request, form, customer, agency=agency)
        except DomainError as error:
            put_error(form, error)
        else:
            messages.success(request, _("Request No. %(number)s is written down.") % {
                "number": made.pk})  # fmt: skip
            return redirect("tenants:requests-detail", public_id=made.public_id)
    if form.errors:
        status = 422
    masked = pages.is_masked(request)
    context = {
        "form": form, "is_agency": agency, "customer": customer,
        "person": pages.person_of(customer.pk, masked=masked) if customer else None,
    }  # fmt: skip
    return render_page(request, "tenants/requests/new.html", context, status=status)


def _customer(text: str) -> Customer | None:
    try:
        return customer_by_public_id(UUID(text))
    except ValueError:
        return None


def _register(
    request: HttpRequest, form: RegisterForm, customer: Customer | None, *, agency: bool
) -> Any:
    given = form.cleaned_data
    actor = Actor.of(request)
    made = services.register(
        kind=given["kind"], received_at=given["received_at"], channel=given["channel"],
        applicant=form.applicant(), actor=actor, customer_id=customer.pk if customer else None,
        party=Party.PROCESSOR if agency else given["party"], authority=given["authority"],
        repeat_reason=given["repeat_reason"],
    )  # fmt: skip
    if agency and given.get("forward_now"):
        try:
            services.forward(public_id=made.public_id, actor=actor)
        except DomainError as error:
            messages.warning(request, error.message)
    return made
