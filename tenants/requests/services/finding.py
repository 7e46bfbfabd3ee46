"""A claim of unlawful or wrong processing: checked while the customer is blocked, then decided."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from cvm_platform.common import clock
from cvm_platform.common.errors import Conflict, InvalidInput
from tenants.approvals.models import Approval
from tenants.audit.services import SYSTEM, Actor
from tenants.erasure.contracts import Ground
from tenants.erasure.services import begin_erasure
from tenants.requests.contracts import (
    CORRECT_DAYS,
    DESTROY_DAYS,
    STOP_DAYS,
    Finding,
    Type,
)
from tenants.requests.models import SubjectRequest
from tenants.requests.services.effects import BLOCKS, UNBLOCK, unblock, unblock_kind
from tenants.requests.services.journal import note
from tenants.requests.services.locking import locked_open
from tenants.tenancy.selectors import current_tenant
from tenants.workdays.selectors import work_calendar

_LONGEST = 2_000


def find(*, public_id: UUID, finding: str, reason: str, actor: Actor) -> SubjectRequest:
    """What the officer's check found.

    Lawful: the block is lifted. Wrong data: to be corrected within seven working days, blocked
    until then. Unlawful: everything stops, destruction begins (articles 21(2), 21(3)).

    Raises:
        NotFound, InvalidInput
        Conflict: closed, another type, or found already.
    """
    text = reason.strip()[:_LONGEST]
    if finding not in Finding.values:
        problem = _("Choose what the check found.")
        raise InvalidInput(problem, fields={"finding": problem})
    if not text:
        problem = _("Write what was checked and on what the finding rests.")
        raise InvalidInput(problem, fields={"reason": problem})
    with transaction.atomic():
        request = locked_open(public_id)
        if request.type not in BLOCKS:
            raise Conflict(_("There is nothing to check in this request."), code="no_check")
        if request.finding and request.finding != Finding.INACCURATE:
            raise Conflict(_("The check is over already."), code="found")
        request.finding, request.finding_note, request.finding_at = finding, text, clock.now()
        note(request, actor, "found", finding=finding)
        _close_question(request)
        if finding == Finding.LAWFUL:
            unblock(request, actor)
        elif finding == Finding.INACCURATE:
            request.stop_due_at = _day_after(CORRECT_DAYS)
        else:
            _destroy(request, actor)
        request.save()
    return request


def _day_after(days: int) -> datetime:
    zone = current_tenant().timezone
    found = clock.now().astimezone(ZoneInfo(zone)).date()
    return work_calendar().working_term(found, days).due_at(zone)


def _destroy(request: SubjectRequest, actor: Actor) -> None:
    request.stop_due_at, request.destroy_due_at = _day_after(STOP_DAYS), _day_after(DESTROY_DAYS)
    if request.customer_id is None:
        return
    ground = Ground.UNLAWFUL if request.type == Type.BLOCK_21_1 else Ground.NOT_NEEDED
    job = begin_erasure(
        customer_id=request.customer_id, ground=ground, reason=request.finding_note,
        request_id=request.pk, requested_by=actor,
    )  # fmt: skip
    request.erasure_id = str(job.public_id)
    note(request, actor, "erasure_begun", job=job.pk)


def _close_question(request: SubjectRequest) -> None:
    """The question about the block is settled by the finding itself."""
    Approval.objects.filter(
        kind=UNBLOCK, target_id=str(request.pk), status=Approval.Status.PENDING
    ).update(status=Approval.Status.WITHDRAWN, decided_at=clock.now(), decided_by=SYSTEM.name)


def decided_unblock(target_id: str, is_yes: bool) -> None:
    """The officer's answer in the list of decisions: a yes lifts the block."""
    request = SubjectRequest.objects.select_for_update().filter(pk=int(target_id)).first()
    if request is None or not is_yes or request.finding:
        return
    request.finding, request.finding_at = Finding.LAWFUL, clock.now()
    request.save(update_fields=["finding", "finding_at"])
    note(request, SYSTEM, "found", finding=Finding.LAWFUL)
    unblock(request, SYSTEM)


UNBLOCK_KIND = unblock_kind(decided_unblock)
