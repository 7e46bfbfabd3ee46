"""Work: opened by the thing that needs it, closed by it or by hand."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cvm_platform.common import clock
from cvm_platform.common.errors import Conflict, Forbidden, NotFound
from tenants.accounts.permissions import allowed
from tenants.approvals import registry
from tenants.approvals.contracts import LONGEST_NOTE
from tenants.approvals.models import Task
from tenants.audit.services import SYSTEM, Actor, record

Status = Task.Status


def open_task(
    *,
    kind: str,
    key: str,
    params: Mapping[str, Any] | None = None,
    url: str = "",
    since: datetime | None = None,
    due_at: datetime | None = None,
    assignee_id: int | None = None,
) -> Task:
    """Work about the thing `key`; there is one open task of a kind for it.

    Opening it again brings the term and the sentence up to date; a new term is reminded of anew.
    """
    registry.task_kind(kind)
    values = {
        "params": dict(params or {}), "url": url[:200], "due_at": due_at,
        "assignee_id": assignee_id,
    }  # fmt: skip
    with transaction.atomic():
        task, made = Task.objects.select_for_update().get_or_create(
            kind=kind, key=key[:100], status=Status.OPEN,
            defaults={**values, "since": since or clock.now()},
        )  # fmt: skip
        if not made:
            if task.due_at != due_at:
                task.alerted = 0
            for name, value in values.items():
                setattr(task, name, value)
            task.since = since or task.since
            task.save()
    return task


def close_task(*, kind: str, key: str, actor: Actor = SYSTEM, is_done: bool = True) -> bool:
    """The thing is settled; whether there was an open task about it."""
    return bool(
        Task.objects.filter(kind=kind, key=key[:100], status=Status.OPEN).update(
            status=Status.DONE if is_done else Status.DROPPED,
            done_at=clock.now(),
            done_by=actor.name,
        )
    )


def complete_task(*, public_id: UUID, actor: Actor, note: str = "") -> Task:
    """Closed by hand.

    Raises:
        NotFound
        Forbidden: not this role's work, or it closes itself when the thing is done.
        Conflict: closed already.
    """
    with transaction.atomic():
        task = Task.objects.select_for_update().filter(public_id=public_id).first()
        if task is None:
            raise NotFound(_("There is no such task."))
        kind = registry.task_kind(task.kind)
        if not allowed(actor.role, kind.permission):
            raise Forbidden(_("This is not the work of your role."), code="not_yours")
        if not kind.by_hand:
            raise Forbidden(_("This closes by itself when it is done."), code="not_by_hand")
        if task.status != Status.OPEN:
            raise Conflict(_("This is closed already."), code="closed")
        task.status, task.done_at, task.done_by = Status.DONE, clock.now(), actor.name
        task.note = note.strip()[:LONGEST_NOTE]
        task.save()
        record(actor=actor, action="task.done", target=task, details={"kind": task.kind})
    return task
