"""RFM on screen: money first, then the grid and the named groups."""

import csv
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from analytics.features import selectors, services
from analytics.features.presets import BY_CODE
from cvm_platform.common import sight
from cvm_platform.common.htmx import render_page
from tenants.accounts.access import may, permission
from tenants.accounts.contracts import Permission
from tenants.audit.services import Actor
from tenants.tenancy.selectors import current_tenant

PAGE = "analytics/features/rfm.html"


def _context(request: HttpRequest) -> dict[str, Any]:
    run, last = selectors.answer(), selectors.last_run()
    context: dict[str, Any] = {
        "run": run,
        "last": last,
        "is_running": selectors.is_running(last),
        "may_make_segment": may(request, Permission.SEGMENTS_EDIT),
        "may_refresh": may(request, Permission.SEGMENTS_EDIT),
        "may_import": may(request, Permission.IMPORTS_RUN),
        "has_orders": selectors.has_orders(),
        "is_exact": sight.is_exact(),
    }
    if run is not None and run.customers:
        cells = selectors.cells_of(run)
        at_risk = selectors.at_risk_of(cells)
        # the ends of a score are the values of single people
        borders = selectors.border_rows(run) if sight.is_exact() else selectors.bare_rows()
        context |= {
            "total": selectors.total_of(cells),
            "at_risk": at_risk,
            "at_risk_text": sight.people(at_risk.customers),
            "columns": borders[::-1],
            "lines": list(zip(borders, selectors.grid_of(cells), strict=True)),
            "presets": selectors.preset_rows(cells),
            "border_rows": borders if sight.is_exact() else [],
            "assumed_share": (current_tenant().assumed_margin_bp or 0) / 10_000,
        }
    return context


@require_GET
@permission(Permission.RFM_VIEW)
def rfm_detail(request: HttpRequest) -> HttpResponse:
    return render_page(request, PAGE, _context(request), fragment="analytics/features/_rfm.html")


@require_POST
@permission(Permission.SEGMENTS_EDIT)
def rfm_refresh(request: HttpRequest) -> HttpResponse:
    services.request_rfm(actor=Actor.of(request))
    if request.headers.get("HX-Request"):
        return render_page(
            request, PAGE, _context(request), fragment="analytics/features/_rfm.html"
        )
    return redirect("analytics:features-rfm")


@require_GET
@permission(Permission.RFM_VIEW)
def rfm_export(request: HttpRequest) -> HttpResponse:
    """All cells with somebody in them; money in units of the currency, not kopecks.

    For the agency all 125 cells stand: a line that is missing would say "nobody".
    """
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="rfm.csv"'
    response.write("\ufeff")  # tells spreadsheets that it is UTF-8
    writer = csv.writer(response, delimiter=";")
    writer.writerow(
        [_("Recency"), _("Frequency"), _("Money"), _("Group"), _("Buyers"), _("Revenue"),
         _("Margin")]
    )  # fmt: skip
    run = selectors.answer()
    cells = selectors.cells_of(run) if run else []
    for cell in cells if sight.is_exact() else selectors.filled(cells):
        sums = cell.sums
        is_hidden = sums.is_small or sight.hides_money()
        money = [sight.money(sums.revenue), sight.money(sums.margin)]
        row = [sight.cell(sums.customers),
               *("" if is_hidden else f"{each / 100:.2f}" for each in money)]  # fmt: skip
        name = BY_CODE[cell.preset].title
        writer.writerow([cell.recency, cell.frequency, cell.monetary, name, *row])
    return response
