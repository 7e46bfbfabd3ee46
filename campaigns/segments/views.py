"""Screens of segments: the list, the builder, one segment."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.segments import cards, drafts, pages, selectors, services
from campaigns.segments.models import Segment
from cvm_platform.common.errors import DomainError, NotFound
from cvm_platform.common.htmx import render_page
from tenants.accounts.access import may, permission
from tenants.accounts.contracts import Permission
from tenants.audit.services import Actor

PER_PAGE = 25
BUILDER = "campaigns/segments/edit.html"


@require_GET
@permission(Permission.SEGMENTS_VIEW)
def segment_list(request: HttpRequest) -> HttpResponse:
    query = request.GET
    found = selectors.segments_for(
        text=query.get("q", "").strip(),
        status=query.get("status", ""),
        sort=query.get("sort", ""),
        archived=query.get("archived") == "1",
    )
    page = Paginator(found, PER_PAGE).get_page(query.get("page"))
    rows = [(row, selectors.freshness_of(row), pages.size_text(row)) for row in page]
    context = {
        "page": page, "rows": rows, "may_edit": may(request, Permission.SEGMENTS_EDIT),
        "statuses": Segment.Status.choices,
    }  # fmt: skip
    return render_page(
        request, "campaigns/segments/list.html", context, fragment="campaigns/segments/_table.html"
    )


@require_http_methods(["GET", "POST"])
@permission(Permission.SEGMENTS_EDIT)
def segment_new(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _answer_builder(request, None)
    tree, name = drafts.prefilled(request.GET), request.GET.get("name", "")
    if request.GET.get("copy"):
        source = _segment(request.GET["copy"])
        tree, name = source.tree, _("%(name)s, copy") % {"name": source.name}
    return render_page(request, BUILDER, pages.builder_context(drafts.draft_of(tree), None, name))


@require_http_methods(["GET", "POST"])
@permission(Permission.SEGMENTS_EDIT)
def segment_edit(request: HttpRequest, public_id: UUID) -> HttpResponse:
    segment = _segment(public_id)
    if request.method == "POST":
        return _answer_builder(request, segment)
    draft = drafts.draft_of(segment.tree, own=public_id)
    return render_page(request, BUILDER, pages.builder_context(draft, segment, segment.name))


def _answer_builder(request: HttpRequest, segment: Segment | None) -> HttpResponse:
    """Any button of the builder, and any change of a field of it."""
    do = request.POST.get("do", "check")
    tree, fresh = drafts.apply_action(drafts.read_draft(request.POST), do, request.POST)
    draft = drafts.draft_of(tree, own=segment.public_id if segment else None, fresh=fresh)
    name = request.POST.get("name", "").strip()
    if do == "save":
        return _save(request, draft, segment, name)
    if not request.headers.get("HX-Request"):
        context = pages.builder_context(draft, segment, name)
        return render_page(request, BUILDER, context)
    if do == "reach":
        context = pages.builder_context(draft, segment, name)
        return render(request, "campaigns/segments/_reach.html", context)
    context = pages.counts_context(draft) | {
        "segment": segment, "name": name, "menu": cards.menu(), "is_partial": True,
    }  # fmt: skip
    return _fragment(request, do, context)


def _fragment(request: HttpRequest, do: str, context: dict[str, Any]) -> HttpResponse:
    """`count`: the numbers alone; `card:0-1`: that card and the numbers; else all the rules."""
    if do == "count":
        return render(request, "campaigns/segments/_numbers.html", context)
    if do.startswith("card:"):
        card = pages.card_at(context["root"], do.removeprefix("card:"))
        if card is not None:
            return render(request, "campaigns/segments/_card_alone.html", context | {"card": card})
    return render(request, "campaigns/segments/_rules.html", context)


def _save(
    request: HttpRequest, draft: drafts.Draft, segment: Segment | None, name: str
) -> HttpResponse:
    version = request.POST.get("version", "")
    actor = Actor.of(request)
    try:
        if segment is None:
            saved = services.create_segment(name=name, tree=draft.tree, actor=actor)
        else:
            saved = services.update_segment(
                public_id=segment.public_id, name=name, tree=draft.tree, actor=actor,
                version=int(version) if version.isdecimal() else None,
            )  # fmt: skip
    except DomainError as error:
        context = pages.builder_context(draft, segment, name)
        context |= {"error": error, "name_error": error.fields.get("name", "")}
        return render(request, BUILDER, context, status=error.status)
    messages.success(request, _("Segment “%(name)s” is saved.") % {"name": saved.name})
    return redirect("campaigns:segments-detail", saved.public_id)


@require_GET
@permission(Permission.SEGMENTS_VIEW)
def segment_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    segment = _segment(public_id)
    context = pages.detail_context(segment)
    context["may_edit"] = may(request, Permission.SEGMENTS_EDIT)
    context["may_send"] = may(request, Permission.BROADCASTS_EDIT)
    return render_page(
        request,
        "campaigns/segments/detail.html",
        context,
        fragment="campaigns/segments/_state.html",
    )


@require_POST
@permission(Permission.SEGMENTS_EDIT)
def segment_refresh(request: HttpRequest, public_id: UUID) -> HttpResponse:
    segment = _segment(public_id)
    services.request_refresh(public_id=segment.public_id, actor=Actor.of(request))
    return redirect("campaigns:segments-detail", public_id)


@require_POST
@permission(Permission.SEGMENTS_EDIT)
def segment_archive(request: HttpRequest, public_id: UUID) -> HttpResponse:
    archived = request.POST.get("archived", "1") == "1"
    segment = _segment(public_id)
    try:
        services.archive_segment(
            public_id=segment.public_id, archived=archived, actor=Actor.of(request)
        )
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("campaigns:segments-detail", public_id)
    text = _("Segment “%(name)s” is in the archive.") if archived else _("“%(name)s” is back.")
    messages.success(request, text % {"name": segment.name})
    return redirect("campaigns:segments-list")


def _segment(public_id: UUID | str) -> Segment:
    try:
        return selectors.segment_by(UUID(str(public_id)))
    except (ValueError, NotFound) as error:
        raise Http404 from error
