"""The list of customers and the page of one."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from analytics.profiles import selectors, services
from analytics.profiles.contracts import Listing
from analytics.profiles.pages import card_context, preset_names
from cvm_platform.common.errors import DomainError
from cvm_platform.common.htmx import render_page
from tenants.accounts.access import may, permission
from tenants.accounts.contracts import Permission
from tenants.audit import watch
from tenants.audit.contracts import Action
from tenants.audit.services import Actor
from tenants.customers.models import Customer


@require_GET
@permission(Permission.CUSTOMERS_VIEW)
def customer_list(request: HttpRequest) -> HttpResponse:
    given = request.GET
    context: dict[str, Any] = {
        "cities": selectors.cities(), "presets": preset_names(), "text": given.get("q", ""),
        "is_masked": not may(request, Permission.CUSTOMERS_PERSONAL),
        "listing": Listing([], "", 0, is_total_exact=True),
    }  # fmt: skip
    status = 200
    if context["text"].strip():
        watch.describe(Action.SEARCH)
    try:
        context["listing"] = selectors.customers_page(
            text=given.get("q", ""), sort=given.get("sort") or "revenue",
            cursor=given.get("after", ""), city=given.get("city", ""),
            preset=given.get("preset", ""), is_masked=context["is_masked"],
        )  # fmt: skip
    except DomainError as error:
        context["error"], status = error.message, error.status
    return render_page(
        request, "analytics/profiles/list.html", context,
        fragment="analytics/profiles/_table.html", status=status,
    )  # fmt: skip


@require_GET
@permission(Permission.CUSTOMERS_VIEW)
def customer_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    customer = get_object_or_404(Customer, public_id=public_id)
    context = card_context(
        customer, is_masked=not may(request, Permission.CUSTOMERS_PERSONAL),
        only=request.GET.get("only", ""), page=_page(request),
    )  # fmt: skip
    context["may_reveal"] = may(request, Permission.CUSTOMERS_REVEAL)
    return render_page(
        request, "analytics/profiles/detail.html", context,
        fragment="analytics/profiles/_timeline.html",
    )  # fmt: skip


@require_POST
@permission(Permission.CUSTOMERS_REVEAL)
def customer_reveal(request: HttpRequest, public_id: UUID) -> HttpResponse:
    customer = get_object_or_404(Customer, public_id=public_id)
    given = request.POST
    context = card_context(customer, is_masked=True, only="", page=1)
    context |= {"may_reveal": True, "given": given}
    status = 200
    watch.describe(
        Action.REVEAL, subject_ids=[customer.pk], categories=[given.get("field", "")[:20]],
        reason=f"{given.get('reason', '')[:40]} {given.get('ticket', '').strip()[:60]}",
    )  # fmt: skip
    try:
        context["revealed"] = services.reveal_field(
            actor=Actor.of(request), customer=customer, field=given.get("field", ""),
            reason=given.get("reason", ""), ticket=given.get("ticket", ""),
        )  # fmt: skip
        context["revealed_label"] = {"name": _("Name"), "email": _("E-mail"), "phone": _("Phone")}[
            given["field"]
        ]
    except DomainError as error:
        context["reveal_error"], status = error.message, error.status
    response = render_page(request, "analytics/profiles/detail.html", context, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _page(request: HttpRequest) -> int:
    text = request.GET.get("page", "1")
    return max(1, int(text)) if text.isdecimal() and len(text) < 6 else 1
