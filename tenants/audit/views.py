"""The processing log and the trail of changes: to look through, to filter, to take along."""

import csv
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from cvm_platform.common.htmx import render_page
from cvm_platform.common.tables import defused
from tenants.accounts.access import permission
from tenants.accounts.contracts import Permission, Role
from tenants.audit import selectors, watch, words
from tenants.audit.contracts import Action
from tenants.audit.forms import ChangesFilter, LogFilter
from tenants.audit.models import AuditEntry, ProcessingEntry
from tenants.tenancy.selectors import current_tenant


@require_GET
@permission(Permission.AUDIT_VIEW)
def processing_list(request: HttpRequest) -> HttpResponse:
    form = LogFilter(request.GET)
    found = selectors.processing_entries(form.query(), current_tenant().timezone)
    context = _page(form, found, ProcessingEntry, "processing")
    context["rows"] = [
        (row, name, role, words.fields_in_words(row.categories),
         words.place_in_words(row.object_type, row.object_id))
        for row, name, role in context["rows"]
    ]  # fmt: skip
    return render_page(
        request, "tenants/audit/processing.html", context,
        fragment="tenants/audit/_processing_table.html",
    )  # fmt: skip


@require_GET
@permission(Permission.AUDIT_VIEW)
def changes_list(request: HttpRequest) -> HttpResponse:
    form = ChangesFilter(request.GET)
    found = selectors.changes(form.query(), current_tenant().timezone)
    context = _page(form, found, AuditEntry, "trail")
    return render_page(
        request, "tenants/audit/changes.html", context,
        fragment="tenants/audit/_changes_table.html",
    )  # fmt: skip


@require_GET
@permission(Permission.AUDIT_VIEW)
def processing_export(request: HttpRequest) -> HttpResponse:
    """The filtered log as CSV, at most 100,000 lines; taking it along is itself logged."""
    query = LogFilter(request.GET).query()
    found = selectors.processing_entries(query, current_tenant().timezone)
    watch.describe(Action.EXPORT, categories=["processing log"])
    names = selectors.actor_names(selectors.actors_of(ProcessingEntry))
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="processing-log.csv"'
    writer = csv.writer(response, delimiter=";")
    writer.writerow([
        _("Time, UTC"), _("Who"), _("Role"), _("Address"), _("Action"), _("Object"),
        _("Customer No."), _("People"), _("Data"), _("Purpose"), _("Basis"), _("Reason"),
        _("Outcome"),
    ])  # fmt: skip
    for row in found[: selectors.EXPORT_LIMIT].iterator():
        cells = [
            row.at.isoformat(timespec="seconds"), names[row.actor], row.actor_role, row.ip or "",
            row.get_action_display(), words.place_in_words(row.object_type, row.object_id),
            row.subject_id or "", row.count, words.fields_in_words(row.categories), row.purpose,
            row.basis, row.reason, row.get_result_display(),
        ]  # fmt: skip
        writer.writerow([defused(cell) for cell in cells])
    return response


def _page(
    form: LogFilter, found: QuerySet[Any], model: type[AuditEntry | ProcessingEntry], stream: str
) -> dict[str, Any]:
    """A page of either log: rows with names and roles, the filter, how far it is sealed."""
    rows = list(found[: selectors.PAGE + 1])
    shown = rows[: selectors.PAGE]
    actors = selectors.actors_of(model)
    names = selectors.actor_names(actors)
    roles = {code: str(label) for code, label in Role.choices}
    return {
        "form": form, "seal": selectors.last_seal(stream),
        "rows": [(row, names[row.actor], roles.get(row.actor_role, "")) for row in shown],
        "actors": [(actor, names[actor]) for actor in actors],
        "next_id": shown[-1].pk if len(rows) > selectors.PAGE else None,
    }  # fmt: skip
