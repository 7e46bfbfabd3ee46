"""Import screens: the list, the upload, and one page per import that follows it to its end."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from analytics.sources import selectors, services
from analytics.sources.forms import LayoutForm, UploadForm, mapping_from
from analytics.sources.models import ImportJob
from cvm_platform.common.errors import DomainError
from cvm_platform.common.htmx import render_page
from tenants.accounts.access import may, permission
from tenants.accounts.contracts import Permission
from tenants.audit import watch
from tenants.audit.contracts import Action
from tenants.audit.services import Actor

_PAGE = 25


def _job(public_id: UUID) -> ImportJob:
    job = selectors.import_by_public_id(public_id)
    if job is None:
        raise Http404
    return job


@require_GET
@permission(Permission.IMPORTS_VIEW)
def sources_list(request: HttpRequest) -> HttpResponse:
    given = request.GET
    found = selectors.imports(
        text=given.get("q", "")[:200], kind=given.get("kind", ""), status=given.get("status", ""),
        sort=given.get("sort", ""),
    )  # fmt: skip
    context = {
        "page": Paginator(found, _PAGE).get_page(given.get("page")),
        "may_run": may(request, Permission.IMPORTS_RUN),
        "kinds": ImportJob.Kind.choices, "statuses": ImportJob.Status.choices,
        "is_filtered": any(given.get(name) for name in ("q", "kind", "status")),
    }  # fmt: skip
    return render_page(
        request, "analytics/sources/list.html", context, fragment="analytics/sources/_table.html"
    )


@require_http_methods(["GET", "POST"])
@permission(Permission.IMPORTS_RUN)
def sources_new(request: HttpRequest) -> HttpResponse:
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            job = services.create_import(
                kind=form.cleaned_data["kind"], file_name=form.cleaned_data["file"].name,
                content=form.cleaned_data["file"].file, actor=Actor.of(request),
            )  # fmt: skip
            if not job.settings["missing"] and not job.settings["doubled"]:
                services.configure_import(job=job, actor=Actor.of(request), options={})
            return redirect("analytics:sources-detail", public_id=job.public_id)
        except DomainError as error:
            form.add_error("file", error.message)
    context = {"form": form, "steps": selectors.steps_of(None)}
    status = 422 if form.errors else 200
    return render_page(request, "analytics/sources/new.html", context, status=status)


def _context(
    request: HttpRequest, job: ImportJob, form: LayoutForm | None = None
) -> dict[str, Any]:
    encoding, delimiter = selectors.layout_words(job)
    return {
        "job": job, "report": job.report, "steps": selectors.steps_of(job),
        "is_active": job.status in selectors.ACTIVE, "progress": selectors.progress_of(job),
        "columns": selectors.columns_of(job), "fields": selectors.fields_of(job),
        "rejected": selectors.rejected_of(job), "dates": selectors.dates_of(job),
        "encoding": encoding, "delimiter": delimiter, "form": form or LayoutForm.for_job(job),
        "may_run": may(request, Permission.IMPORTS_RUN),
        "remarks": sum(column.state == "warn" for column in selectors.columns_of(job)),
    }  # fmt: skip


@require_GET
@permission(Permission.IMPORTS_VIEW)
def sources_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    return render_page(
        request, "analytics/sources/detail.html", _context(request, _job(public_id)),
        fragment="analytics/sources/_job.html",
    )  # fmt: skip


@require_POST
@permission(Permission.IMPORTS_RUN)
def sources_map(request: HttpRequest, public_id: UUID) -> HttpResponse:
    job = _job(public_id)
    form = LayoutForm.for_job(job, request.POST)
    if form.is_valid():
        options = form.cleaned_data | {"mapping": mapping_from(request.POST, job)}
        try:
            services.configure_import(job=job, actor=Actor.of(request), options=options)
            return redirect("analytics:sources-detail", public_id=job.public_id)
        except DomainError as error:
            form.add_error(None, error.message)
    context = _context(request, job, form)
    return render_page(request, "analytics/sources/detail.html", context, status=422)


@require_POST
@permission(Permission.IMPORTS_RUN)
def sources_start(request: HttpRequest, public_id: UUID) -> HttpResponse:
    job = _job(public_id)
    with suppress(DomainError):  # pressed twice: the page shows what it is doing
        services.start_import(job=job, actor=Actor.of(request))
    return redirect("analytics:sources-detail", public_id=job.public_id)


@require_POST
@permission(Permission.IMPORTS_RUN)
def sources_cancel(request: HttpRequest, public_id: UUID) -> HttpResponse:
    job = _job(public_id)
    services.cancel_import(job=job, actor=Actor.of(request))
    return redirect("analytics:sources-detail", public_id=job.public_id)


@require_GET
@permission(Permission.IMPORTS_RUN)
def sources_rejects(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    """Rows of the file as they came: whoever may load them may see them."""
    job = _job(public_id)
    if not job.rejects_path:
        raise Http404
    watch.describe(Action.EXPORT, categories=["rejected rows"], reason=job.file_name)
    return FileResponse(
        default_storage.open(job.rejects_path), as_attachment=True,
        filename=f"rejected-{job.public_id}.csv", content_type="text/csv; charset=utf-8",
    )  # fmt: skip
