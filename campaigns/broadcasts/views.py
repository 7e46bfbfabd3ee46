"""Screens of broadcasts: the list, the draft, the review, the launch, the progress."""

import csv
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.broadcasts import pages, selectors, services, testing
from campaigns.broadcasts.forms import BroadcastForm
from campaigns.broadcasts.models import Broadcast
from campaigns.broadcasts.preview import preview_of
from campaigns.channels.frames import message_frame
from cvm_platform.common import sight
from cvm_platform.common.errors import DomainError
from cvm_platform.common.htmx import leave_for, render_page
from tenants.accounts.access import may, permission
from tenants.accounts.contracts import Permission
from tenants.accounts.models import User
from tenants.audit.services import Actor

_PAGE = 25
Status = Broadcast.Status


@require_GET
@permission(Permission.BROADCASTS_VIEW)
def broadcast_list(request: HttpRequest) -> HttpResponse:
    query, status = request.GET.get("q", "").strip()[:100], request.GET.get("status", "")
    found = selectors.broadcasts(query=query, status=status, order=request.GET.get("sort", ""))
    page = Paginator(found, _PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page, "rows": pages.list_rows(list(page.object_list)), "query": query,
        "status": status, "statuses": Status.choices,
        "may_edit": may(request, Permission.BROADCASTS_EDIT),
    }  # fmt: skip
    return render_page(
        request, "campaigns/broadcasts/list.html", context,
        fragment="campaigns/broadcasts/_table.html",
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@permission(Permission.BROADCASTS_EDIT)
def broadcast_new(request: HttpRequest) -> HttpResponse:
    return _edit(request, None)


@require_http_methods(["GET", "POST"])
@permission(Permission.BROADCASTS_EDIT)
def broadcast_edit(request: HttpRequest, public_id: UUID) -> HttpResponse:
    broadcast = _broadcast(public_id)
    if broadcast.status != Status.DRAFT:
        return redirect("campaigns:broadcasts-detail", public_id=public_id)
    return _edit(request, broadcast)


def _edit(request: HttpRequest, broadcast: Broadcast | None) -> HttpResponse:
    form = BroadcastForm(
        request.POST or None, broadcast=broadcast, segment=request.GET.get("segment", "")
    )
    if request.method == "POST" and form.is_valid():
        actor = Actor.of(request)
        try:
            if broadcast is None:
                broadcast = services.create_broadcast(actor=actor, **form.values())
            else:
                services.update_broadcast(
                    public_id=broadcast.public_id, actor=actor, **form.values()
                )
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            _estimate(request, broadcast.public_id)
            return redirect("campaigns:broadcasts-detail", public_id=broadcast.public_id)
    context = {"form": form, "broadcast": broadcast}
    status = 422 if form.errors else 200
    return render_page(request, "campaigns/broadcasts/edit.html", context, status=status)


@require_GET
@permission(Permission.BROADCASTS_VIEW)
def broadcast_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    broadcast = _broadcast(public_id)
    context = _context(request, broadcast)
    if broadcast.status == Status.PREPARING:
        context |= pages.preparing_context(broadcast)
        return render_page(request, "campaigns/broadcasts/preparing.html", context)
    if broadcast.status == Status.DRAFT:
        context |= pages.draft_context(broadcast) | pages.letter_context(
            broadcast, number=_number(request.GET), masked=_masked(request), own=_own(request)
        )
        return render_page(request, "campaigns/broadcasts/review.html", context)
    context |= pages.sending_context(broadcast)
    return render_page(
        request, "campaigns/broadcasts/detail.html", context,
        fragment="campaigns/broadcasts/_progress.html",
    )  # fmt: skip


@require_GET
@permission(Permission.BROADCASTS_VIEW)
def broadcast_preparing(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """How far it is, asked every second; at the end the way to the page of the broadcast."""
    broadcast = _broadcast(public_id)
    if broadcast.status != Status.PREPARING:
        return leave_for(request, "campaigns:broadcasts-detail", public_id=public_id)
    context = _context(request, broadcast) | pages.preparing_context(broadcast)
    return render_page(
        request, "campaigns/broadcasts/preparing.html", context,
        fragment="campaigns/broadcasts/_preparing.html",
    )  # fmt: skip


@require_POST
@permission(Permission.BROADCASTS_EDIT)
def broadcast_unprepare(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Who may not start a sending may not stop its start."""
    active = selectors.active_preparation(_broadcast(public_id))
    if active and active.is_start and not may(request, Permission.BROADCASTS_SEND):
        raise PermissionDenied
    return _brake(request, public_id, services.cancel_preparation)


@require_POST
@permission(Permission.BROADCASTS_EDIT)
def broadcast_estimate(request: HttpRequest, public_id: UUID) -> HttpResponse:
    _estimate(request, _broadcast(public_id).public_id)
    return redirect("campaigns:broadcasts-detail", public_id=public_id)


@require_POST
@permission(Permission.BROADCASTS_EDIT)
def broadcast_control(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The advised control group, in one press."""
    percent = request.POST.get("percent", "")
    _broadcast(public_id)
    try:
        services.update_broadcast(
            public_id=public_id, actor=Actor.of(request),
            control_bp=int(percent) * 100 if percent.isdecimal() else -1,
        )  # fmt: skip
    except DomainError as error:
        messages.error(request, error.message)
    else:
        _estimate(request, public_id)
    return redirect("campaigns:broadcasts-detail", public_id=public_id)


@require_GET
@permission(Permission.BROADCASTS_VIEW)
def broadcast_reasons(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Who gets it and who not, for a spreadsheet."""
    broadcast = _broadcast(public_id)
    context = pages.draft_context(broadcast) | pages.sending_context(broadcast)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="audience.csv"'
    response.write("\ufeff")  # spreadsheets take the file for UTF-8 only with this mark
    writer = csv.writer(response, delimiter=";")
    writer.writerow([_("Code"), _("Reason"), _("People")])
    for row in context.get("rows", []):
        writer.writerow([row.code, row.label, sight.cell(row.count)])
    return response


@require_http_methods(["GET", "POST"])
@permission(Permission.BROADCASTS_SEND)
def broadcast_start(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """GET repeats the numbers, counted anew unless that takes long; POST starts if they hold."""
    broadcast = _broadcast(public_id)
    if broadcast.status != Status.DRAFT:
        return redirect("campaigns:broadcasts-detail", public_id=public_id)
    if request.method == "POST":
        shown = request.POST.get("expected", "")
        try:
            services.request_start(
                public_id=public_id, actor=Actor.of(request),
                expected=pages.expected_of(broadcast, shown),
            )  # fmt: skip
            return redirect("campaigns:broadcasts-detail", public_id=public_id)
        except DomainError as error:
            messages.error(request, error.message)
    elif pages.is_to_be_counted(broadcast) and not _estimate(request, public_id):
        return redirect("campaigns:broadcasts-detail", public_id=public_id)
    broadcast = _broadcast(public_id)  # with the new numbers
    context = _context(request, broadcast) | pages.draft_context(broadcast)
    return render_page(request, "campaigns/broadcasts/confirm.html", context)


@require_POST
@permission(Permission.BROADCASTS_SEND)
def broadcast_pause(request: HttpRequest, public_id: UUID) -> HttpResponse:
    return _brake(request, public_id, services.pause_broadcast)


@require_POST
@permission(Permission.BROADCASTS_SEND)
def broadcast_resume(request: HttpRequest, public_id: UUID) -> HttpResponse:
    return _brake(request, public_id, services.resume_broadcast)


@require_http_methods(["GET", "POST"])
@permission(Permission.BROADCASTS_SEND)
def broadcast_cancel(request: HttpRequest, public_id: UUID) -> HttpResponse:
    broadcast = _broadcast(public_id)
    if request.method == "POST":
        return _brake(request, public_id, services.cancel_broadcast)
    if broadcast.dispatch_id is None:
        return redirect("campaigns:broadcasts-detail", public_id=public_id)
    context = _context(request, broadcast) | pages.sending_context(broadcast)
    return render_page(request, "campaigns/broadcasts/cancel.html", context)


@require_POST
@permission(Permission.BROADCASTS_EDIT)
def broadcast_delete(request: HttpRequest, public_id: UUID) -> HttpResponse:
    try:
        services.delete_broadcast(public_id=public_id, actor=Actor.of(request))
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("campaigns:broadcasts-detail", public_id=public_id)
    return redirect("campaigns:broadcasts-list")


@require_GET
@permission(Permission.BROADCASTS_VIEW)
def broadcast_preview(request: HttpRequest, public_id: UUID) -> HttpResponse:
    broadcast = _broadcast(public_id)
    try:
        letter = preview_of(broadcast, _number(request.GET), masked=_masked(request))
    except DomainError as error:
        return HttpResponse(error.message, status=422, content_type="text/plain; charset=utf-8")
    return message_frame(letter.content.html)


@require_POST
@permission(Permission.BROADCASTS_EDIT)
def broadcast_test(request: HttpRequest, public_id: UUID) -> HttpResponse:
    _broadcast(public_id)
    address = request.POST.get("address", "")
    try:
        testing.send_test(
            public_id=public_id, address=address, own=_own(request), actor=Actor.of(request),
            masked=_masked(request), number=_number(request.POST),
        )  # fmt: skip
        messages.success(request, _("The test letter is on its way to %(to)s.") % {"to": address})
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("campaigns:broadcasts-detail", public_id=public_id)


def _brake(request: HttpRequest, public_id: UUID, pull: Any) -> HttpResponse:
    try:
        pull(public_id=public_id, actor=Actor.of(request))
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("campaigns:broadcasts-detail", public_id=public_id)


def _estimate(request: HttpRequest, public_id: UUID) -> bool:
    """Whether the numbers are there: not when something is missing, nor when it takes a while."""
    try:
        broadcast = services.request_estimate(public_id=public_id, actor=Actor.of(request))
    except DomainError as error:
        messages.warning(request, error.message)
        return False
    return broadcast.status == Status.DRAFT


def _context(request: HttpRequest, broadcast: Broadcast) -> dict[str, Any]:
    return {
        "broadcast": broadcast,
        "may_edit": may(request, Permission.BROADCASTS_EDIT),
        "may_send": may(request, Permission.BROADCASTS_SEND),
    }


def _masked(request: HttpRequest) -> bool:
    return not may(request, Permission.CUSTOMERS_PERSONAL)


def _own(request: HttpRequest) -> str:
    return request.user.email if isinstance(request.user, User) else ""


def _number(data: Any) -> int:
    return int(text) if (text := data.get("n", "0")).isdecimal() and len(text) < 8 else 0


def _broadcast(public_id: UUID) -> Broadcast:
    broadcast = selectors.broadcast_by_public_id(public_id)
    if broadcast is None:
        raise Http404
    return broadcast
