"""Asking, deciding, talking about it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cvm_platform.common import bulk, clock
from cvm_platform.common.errors import Conflict, Forbidden, InvalidInput, NotFound
from cvm_platform.common.jobs import enqueue
from tenants.accounts.permissions import allowed
from tenants.approvals import registry, selectors
from tenants.approvals.contracts import LONGEST_NOTE, content_hash
from tenants.approvals.models import Approval, Comment
from tenants.audit.services import SYSTEM, Actor, record

Status = Approval.Status


def ask_approval(
    *,
    kind: str,
    target: Any,
    title: str,
    after: Mapping[str, Any],
    actor: Actor,
    before: Mapping[str, Any] | None = None,
    summary: str = "",
    url: str = "",
    deadline: datetime | None = None,
) -> Approval:
    """Asks those who may decide, by mail and in their list of work.

    Asking again about the same thing withdraws the older question; asking about exactly the same
    content gives the question that waits already.

    Args:
        target: a saved model instance.
        after, before: {field: value} as a reader should see them; never personal data.

    Raises:
        InvalidInput: the deadline is over already.
    """
    registry.approval_kind(kind)
    now = clock.now()
    if deadline is not None and deadline <= now:
        text = _("The deadline is in the past.")
        raise InvalidInput(text, fields={"deadline": text})
    wanted = content_hash(after)
    place = {"kind": kind, "target_type": target._meta.label_lower, "target_id": str(target.pk)}
    with transaction.atomic():
        bulk.lock_tenant(f"approval:{kind}:{place['target_type']}:{place['target_id']}")
        waiting = Approval.objects.filter(**place, status=Status.PENDING).first()
        if waiting is not None and waiting.content_hash == wanted:
            return waiting
        if waiting is not None:
            _close(waiting, Status.WITHDRAWN, actor, _("Asked again with other content."))
        approval = Approval.objects.create(
            **place, title=title[:200], summary=summary, target_url=url[:200],
            before=dict(before or {}), after=dict(after), content_hash=wanted,
            asked_by=actor.name, asked_by_id=actor.user_id, asked_at=now, deadline=deadline,
        )  # fmt: skip
        record(actor=actor, action="approval.asked", target=approval, details={"kind": kind})
        enqueue("approvals.tell_asked", approval_id=approval.pk)
    return approval


def decide(*, public_id: UUID, actor: Actor, approve: bool, seen: str, note: str = "") -> Approval:
    """Says yes or no, once.

    Args:
        seen: content hash of what the person was shown; another content now is not decided.
        note: needed for a no: what should be changed.

    Raises:
        NotFound
        Forbidden: the role may not decide this, or it is one's own question.
        InvalidInput: a no without a note.
        Conflict: decided already, or the content has changed.
    """
    text = note.strip()[:LONGEST_NOTE]
    if not approve and not text:
        problem = _("Write what should be changed.")
        raise InvalidInput(problem, fields={"note": problem})
    with transaction.atomic():
        approval = _locked(public_id)
        _may_decide(approval, actor)
        if approval.status != Status.PENDING:
            state = approval.get_status_display()
            raise Conflict(_("This is over: %(state)s.") % {"state": state}, code="decided")
        if approval.content_hash != seen:
            raise Conflict(_("The content has changed. Look again."), code="changed")
        _close(approval, Status.APPROVED if approve else Status.RETURNED, actor, text)
        kind = registry.approval_kind(approval.kind)
        if kind.decided is not None:
            kind.decided(approval.target_id, approve)
        enqueue("approvals.tell_decided", approval_id=approval.pk)
    return approval


def withdraw(*, public_id: UUID, actor: Actor) -> Approval:
    """Takes a question back; only who asked may. Raises: NotFound, Forbidden, Conflict."""
    with transaction.atomic():
        approval = _locked(public_id)
        if approval.asked_by != actor.name:
            raise Forbidden(_("Only who asked can take it back."))
        if approval.status != Status.PENDING:
            raise Conflict(_("This was decided already."), code="decided")
        _close(approval, Status.WITHDRAWN, actor, "")
    return approval


def delegate(*, public_id: UUID, actor: Actor, user_id: int | None) -> Approval:
    """Leaves the decision to one person, or (None) to everybody who may again.

    Raises: NotFound, Forbidden, InvalidInput, Conflict.
    """
    with transaction.atomic():
        approval = _locked(public_id)
        _may_decide(approval, actor)
        if approval.status != Status.PENDING:
            raise Conflict(_("This was decided already."), code="decided")
        kind = registry.approval_kind(approval.kind)
        able = {user.pk for user in selectors.people_who_may(kind.approver)}
        if user_id is not None and (user_id not in able or user_id == approval.asked_by_id):
            text = _("This person may not decide it.")
            raise InvalidInput(text, fields={"user": text})
        approval.delegate_id = user_id
        approval.save(update_fields=["delegate_id"])
        record(actor=actor, action="approval.delegated", target=approval,
               details={"user": user_id})  # fmt: skip
        enqueue("approvals.tell_asked", approval_id=approval.pk)
    return approval


def comment(*, public_id: UUID, actor: Actor, text: str) -> Comment:
    """Raises: NotFound; InvalidInput: nothing was written."""
    approval = selectors.approval_by_public_id(public_id)
    if approval is None:
        raise NotFound(_("There is no such question."))
    cleaned = text.strip()[:LONGEST_NOTE]
    if not cleaned:
        problem = _("Write something.")
        raise InvalidInput(problem, fields={"text": problem})
    return Comment.objects.create(
        approval=approval, author=actor.name, text=cleaned, at=clock.now()
    )


def expire_approvals() -> int:
    """Closes what nobody decided in time; a silence is a no."""
    late = Approval.objects.filter(status=Status.PENDING, deadline__lte=clock.now())
    expired = 0
    for public_id in late.values_list("public_id", flat=True):
        with transaction.atomic():
            approval = _locked(public_id)
            if approval.status != Status.PENDING:
                continue
            _close(approval, Status.EXPIRED, SYSTEM, "")
            kind = registry.approval_kind(approval.kind)
            if kind.decided is not None:
                kind.decided(approval.target_id, False)
            enqueue("approvals.tell_decided", approval_id=approval.pk)
            expired += 1
    return expired


def _close(approval: Approval, status: Approval.Status, actor: Actor, note: str) -> None:
    approval.status, approval.note = status, note
    approval.decided_by, approval.decided_by_id = actor.name, actor.user_id
    approval.decided_at = clock.now()
    approval.save(update_fields=["status", "note", "decided_by", "decided_by_id", "decided_at"])
    record(actor=actor, action=f"approval.{status}", target=approval,
           details={"kind": approval.kind})  # fmt: skip


def _may_decide(approval: Approval, actor: Actor) -> None:
    kind = registry.approval_kind(approval.kind)
    if not allowed(actor.role, kind.approver):
        raise Forbidden(_("Your role may not decide this."), code="not_yours")
    if kind.needs_second and approval.asked_by == actor.name:
        raise Forbidden(
            _("You asked for this yourself: somebody else decides."), code="second_person"
        )


def _locked(public_id: UUID) -> Approval:
    approval = Approval.objects.select_for_update().filter(public_id=public_id).first()
    if approval is None:
        raise NotFound(_("There is no such question."))
    return approval
