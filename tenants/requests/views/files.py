"""A document of a request, opened for the officer and for nobody else."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from cvm_platform.common.errors import NotFound
from tenants.accounts.access import permission
from tenants.accounts.contracts import Permission
from tenants.audit import watch
from tenants.audit.contracts import Action
from tenants.audit.services import Actor
from tenants.requests import selectors, services

_TYPES = {"pdf": "application/pdf", "json": "application/json; charset=utf-8"}


@require_GET
@permission(Permission.REQUESTS_WORK)
def file_download(request: HttpRequest, public_id: UUID) -> HttpResponse:
    row = selectors.file_by_public_id(public_id)
    if row is None:
        raise Http404
    try:
        row, content = services.read_file(public_id=public_id, actor=Actor.of(request))
    except NotFound as error:
        messages.error(request, error.message)
        return redirect("tenants:requests-detail", public_id=row.request.public_id)
    subject = row.request.customer_id
    watch.describe(
        Action.EXPORT, subject_ids=[subject] if subject else [], categories=["request package"],
        basis="152-FZ 14", people=1,
    )  # fmt: skip
    name = f"request-{row.request.pk}-{row.kind}.{row.format}"
    return HttpResponse(
        content, content_type=_TYPES[row.format],
        headers={"Content-Disposition": f'attachment; filename="{name}"',
                 "Cache-Control": "no-store, private"},
    )  # fmt: skip
