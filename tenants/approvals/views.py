"""What waits for this person, and the page of one decision; made for a phone first."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from cvm_platform.common.errors import DomainError
from cvm_platform.common.htmx import render_page
from tenants.accounts.access import permission
from tenants.accounts.contracts import Permission
from tenants.accounts.permissions import allowed
from tenants.approvals import registry, selectors, services
from tenants.approvals.contracts import changes_between
from tenants.approvals.models import Approval, Task
from tenants.audit.selectors import actor_names
from tenants.audit.services import Actor

_PAGE = 25


@require_GET
@permission(Permission.TASKS_VIEW)
def task_list(request: HttpRequest) -> HttpResponse:
    actor = Actor.of(request)
    tab = "done" if request.GET.get("tab") == "done" else "open"
    context: dict[str, Any] = {"tab": tab}
    if tab == "open":
        waiting = list(selectors.approvals_for(actor.role, actor.user_id))
        asked = list(selectors.approvals_asked_by(actor.user_id))
        tasks = list(selectors.tasks_for(actor.role, actor.user_id))
        names = actor_names(sorted({each.asked_by for each in [*waiting, *asked]}))
        context |= {
            "waiting": [_approval_row(each, names) for each in waiting],
            "asked": [_approval_row(each, names) for each in asked],
            "tasks": [_task_row(each) for each in tasks],
        }
    else:
        pages = Paginator(selectors.approvals_done(), _PAGE)
        context["page"] = pages.get_page(request.GET.get("page"))
        names = actor_names(sorted({each.decided_by for each in context["page"]}))
        context["decided"] = [_approval_row(each, names) for each in context["page"]]
        context["finished"] = [_task_row(each) for each in selectors.tasks_done(actor.role)[:_PAGE]]
    return render_page(
        request, "tenants/approvals/tasks.html", context,
        fragment="tenants/approvals/_tasks.html",
    )  # fmt: skip


@require_POST
@permission(Permission.TASKS_VIEW)
def task_done(request: HttpRequest, public_id: UUID) -> HttpResponse:
    try:
        services.complete_task(
            public_id=public_id, actor=Actor.of(request), note=request.POST.get("note", "")
        )
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("tenants:approvals-tasks")


@require_GET
@permission(Permission.TASKS_VIEW)
def approval_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    return _detail(request, _approval(public_id))


@require_POST
@permission(Permission.TASKS_VIEW)
def approval_decide(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """`answer` is "yes" or "no"; anything else decides nothing."""
    approval, given = _approval(public_id), request.POST
    try:
        if given.get("answer") in {"yes", "no"}:
            services.decide(
                public_id=public_id, actor=Actor.of(request), approve=given["answer"] == "yes",
                seen=given.get("seen", ""), note=given.get("note", ""),
            )  # fmt: skip
            return redirect("tenants:approvals-tasks")
    except DomainError as error:
        return _detail(request, approval, error, status=error.status)
    return _detail(request, approval, status=422)


@require_POST
@permission(Permission.TASKS_VIEW)
def approval_comment(request: HttpRequest, public_id: UUID) -> HttpResponse:
    approval = _approval(public_id)
    try:
        services.comment(
            public_id=public_id, actor=Actor.of(request), text=request.POST.get("text", "")
        )
    except DomainError as error:
        return _detail(request, approval, error, status=error.status)
    return redirect("tenants:approvals-detail", public_id=public_id)


@require_POST
@permission(Permission.TASKS_VIEW)
def approval_delegate(request: HttpRequest, public_id: UUID) -> HttpResponse:
    approval, chosen = _approval(public_id), request.POST.get("user", "")
    try:
        services.delegate(
            public_id=public_id, actor=Actor.of(request),
            user_id=int(chosen) if chosen.isdecimal() else None,
        )  # fmt: skip
    except DomainError as error:
        return _detail(request, approval, error, status=error.status)
    return redirect("tenants:approvals-detail", public_id=public_id)


@require_POST
@permission(Permission.TASKS_VIEW)
def approval_withdraw(request: HttpRequest, public_id: UUID) -> HttpResponse:
    approval = _approval(public_id)
    try:
        services.withdraw(public_id=public_id, actor=Actor.of(request))
    except DomainError as error:
        return _detail(request, approval, error, status=error.status)
    return redirect("tenants:approvals-tasks")


def _approval(public_id: UUID) -> Approval:
    approval = selectors.approval_by_public_id(public_id)
    if approval is None:
        raise Http404
    return approval


def _detail(
    request: HttpRequest, approval: Approval, error: DomainError | None = None, status: int = 200
) -> HttpResponse:
    actor = Actor.of(request)
    kind = registry.approval_kind(approval.kind)
    comments = list(approval.comments.all())
    names = actor_names(
        sorted({approval.asked_by, approval.decided_by, *(each.author for each in comments)})
    )
    is_pending = approval.status == Approval.Status.PENDING
    is_own = approval.asked_by == actor.name
    may_decide = is_pending and allowed(actor.role, kind.approver) and not (
        is_own and kind.needs_second
    )  # fmt: skip
    able = selectors.people_who_may(kind.approver)
    people = [each for each in able if each.pk != approval.asked_by_id or not kind.needs_second]
    context = {
        **_approval_row(approval, names), "changes": changes_between(
            approval.before, approval.after
        ),
        "comments": [(each, names.get(each.author, each.author)) for each in comments],
        "may_decide": may_decide, "may_withdraw": is_pending and is_own, "error": error,
        "given": request.POST, "people": people,
        "decider": names.get(approval.decided_by, ""),
    }  # fmt: skip
    return render_page(request, "tenants/approvals/detail.html", context, status=status)


def _approval_row(approval: Approval, names: dict[str, str]) -> dict[str, Any]:
    kind = registry.approval_kind(approval.kind)
    is_timed = approval.deadline is not None and approval.status == Approval.Status.PENDING
    return {
        "approval": approval, "label": kind.label,
        "asker": names.get(approval.asked_by, approval.asked_by),
        "clock": selectors.clock_of(approval.asked_at, approval.deadline)
        if is_timed and approval.deadline else None,
    }  # fmt: skip


def _task_row(task: Task) -> dict[str, Any]:
    kind = registry.task_kind(task.kind)
    is_timed = task.due_at is not None and task.status == Task.Status.OPEN
    return {
        "task": task, "title": kind.title(task.params), "label": kind.label,
        "by_hand": kind.by_hand,
        "clock": selectors.clock_of(task.since, task.due_at) if is_timed and task.due_at else None,
    }  # fmt: skip
