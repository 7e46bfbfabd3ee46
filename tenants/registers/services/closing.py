"""Closing an incident as "nobody's rights were violated": a reason and two people."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cvm_platform.common import clock
from cvm_platform.common.errors import Forbidden
from tenants.accounts.contracts import Permission
from tenants.approvals.contracts import ApprovalKind
from tenants.approvals.models import Approval
from tenants.approvals.services import ask_approval
from tenants.audit.services import Actor, record
from tenants.registers.models import LeakIncident
from tenants.registers.services import incident_work as work
from tenants.registers.services.common import invalid
from tenants.registers.services.incidents import locked

FIRST, SECOND = "incidents.no_violation", "incidents.no_violation_second"


def ask_no_violation(*, actor: Actor, public_id: UUID, reason: str) -> Approval:
    """Asks for the first of two decisions.

    Raises: NotFound, Conflict; InvalidInput: no reason.
    """
    if not reason.strip():
        raise invalid("reason", _("Write why nobody's rights were violated."))
    with transaction.atomic():
        row = locked(public_id)
        row.no_violation_reason = reason.strip()
        row.save()
        return _ask(FIRST, row, actor)


def _ask(kind: str, row: LeakIncident, actor: Actor) -> Approval:
    return ask_approval(
        kind=kind, target=row, actor=actor, title=_("Close an incident: no violation"),
        summary=row.no_violation_reason,
        after={"reason": row.no_violation_reason, "detected_at": row.detected_at.isoformat()},
        url=f"/registers/incidents/{row.public_id}/",
    )  # fmt: skip


def _decision(kind: str, target_id: str) -> Approval:
    return Approval.objects.filter(
        kind=kind, target_type=LeakIncident._meta.label_lower, target_id=target_id,
        status=Approval.Status.APPROVED,
    ).order_by("-id")[0]  # fmt: skip


def _first_decided(target_id: str, is_approved: bool) -> None:
    """The second is asked in the name of the first, who therefore cannot be the second."""
    row = LeakIncident.objects.get(pk=target_id)
    if not is_approved or not row.is_open:
        return
    first = _decision(FIRST, target_id)
    _ask(SECOND, row, Actor(first.decided_by, user_id=first.decided_by_id))


def _second_decided(target_id: str, is_approved: bool) -> None:
    row = LeakIncident.objects.select_for_update().get(pk=target_id)
    if not is_approved or not row.is_open:
        return
    first, second = _decision(FIRST, target_id), _decision(SECOND, target_id)
    if second.decided_by in {first.decided_by, first.asked_by}:
        raise Forbidden(_("The second decision is another person's."), code="second_person")
    row.status, row.closed_at = LeakIncident.Status.FALSE_POSITIVE, clock.now()
    row.closed_by = f"{first.decided_by}, {second.decided_by}"
    row.save()
    closer = Actor(second.decided_by, user_id=second.decided_by_id)
    record(actor=closer, action="incident.no_violation", target=row)
    work.close_work(row, closer, is_done=False)


APPROVAL_KINDS = (
    ApprovalKind(
        FIRST, gettext_lazy("No violation, first decision"), Permission.PRIVACY_OVERSEE,
        _first_decided,
    ),
    ApprovalKind(
        SECOND, gettext_lazy("No violation, second decision"), Permission.REGISTERS_EDIT,
        _second_decided,
    ),
)  # fmt: skip
