"""The client's home and the page of a result: money first."""

import csv
from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from campaigns.broadcasts.models import Broadcast
from campaigns.results import pages, selectors, services
from cvm_platform.common import clock, sight
from cvm_platform.common.errors import DomainError
from cvm_platform.common.htmx import render_page
from tenants.accounts.access import may, permission
from tenants.accounts.contracts import Permission
from tenants.audit.services import Actor
from tenants.tenancy.selectors import current_tenant


@require_GET
@permission(Permission.HOME_VIEW)
def home(request: HttpRequest) -> HttpResponse:
    context = pages.home_context(clock.now(), may=partial(may, request))
    return render_page(request, "campaigns/results/home.html", context)


@require_GET
@permission(Permission.RESULTS_VIEW)
def result_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    broadcast = get_object_or_404(
        Broadcast.objects.select_related("segment", "template", "dispatch", "layer"),
        public_id=public_id,
    )
    result = selectors.latest_result(broadcast)
    if result is None and broadcast.dispatch is not None and broadcast.layer is not None:
        result = services.compute_result(broadcast_id=broadcast.pk)
    context = pages.result_context(broadcast, result)
    context["may_sign"] = may(request, Permission.RESULTS_SIGN)
    context["may_edit"] = may(request, Permission.BROADCASTS_EDIT)
    return render_page(request, "campaigns/results/detail.html", context)


@require_POST
@permission(Permission.RESULTS_VIEW)
def result_compute(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The same figures as the hourly task would give, now."""
    broadcast = get_object_or_404(Broadcast, public_id=public_id)
    before = selectors.latest_result(broadcast)
    try:
        result = services.compute_result(broadcast_id=broadcast.pk)
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("campaigns:results-detail", public_id=public_id)
    if before is not None and before.input_hash == result.input_hash:
        messages.info(request, _("Computed again: nothing has changed."))
    else:
        messages.success(request, _("Computed again: the figures are new."))
    return redirect("campaigns:results-detail", public_id=public_id)


@require_POST
@permission(Permission.RESULTS_SIGN)
def result_sign(request: HttpRequest, public_id: UUID) -> HttpResponse:
    broadcast = get_object_or_404(Broadcast, public_id=public_id)
    result = selectors.latest_result(broadcast)
    try:
        services.sign_result(actor=Actor.of(request), result_id=result.pk if result else 0)
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("campaigns:results-detail", public_id=public_id)


@require_GET
@permission(Permission.RESULTS_VIEW)
def result_days(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The curve of the result as a table for a spreadsheet."""
    broadcast = get_object_or_404(Broadcast, public_id=public_id)
    result = selectors.latest_result(broadcast)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="result-days.csv"'
    response.write("\ufeff")  # spreadsheets take the file for UTF-8 only with this mark
    writer = csv.writer(response, delimiter=";")
    writer.writerow(["day", "difference", "low", "high"])
    payload = pages.seen_payload(result.payload) if result else {}
    for day, *numbers in [] if sight.hides_money() else payload.get("days", []):
        writer.writerow([day, *(f"{number / 100:.2f}" for number in numbers)])
    return response


@require_GET
@permission(Permission.HOME_VIEW)
def sales_export(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="sales-by-month.csv"'
    response.write("\ufeff")  # as above
    writer = csv.writer(response, delimiter=";")
    writer.writerow(["month", "revenue", "margin", "orders", "buyers"])
    since = pages.first_month(clock.now())
    months = selectors.months_of_sales(current_tenant().timezone, since)
    for row in pages.seen_months(months):
        money = [
            "" if row[name] is None else f"{row[name] / 100:.2f}" for name in ("revenue", "margin")
        ]
        people = [sight.cell(row[name]) for name in ("orders", "buyers")]
        writer.writerow([row["month"].isoformat(), *money, *people])
    return response
