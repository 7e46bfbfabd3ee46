"""A leak from the first suspicion to its end; the clocks run from the earliest detection."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cvm_platform.common import clock
from cvm_platform.common.errors import Conflict, NotFound
from cvm_platform.common.jobs import enqueue, in_tenant
from cvm_platform.common.uuids import uuid7
from tenants.approvals.services import close_task
from tenants.audit.services import Actor, record
from tenants.registers import selectors
from tenants.registers.contracts import LEAK_HOURS, Category, Clocks
from tenants.registers.models import LeakIncident, ProcessorAgreement
from tenants.registers.services import incident_work as work
from tenants.registers.services.common import changed_fields, demand_officer, invalid, known
from tenants.tenancy.models import Tenant
from tenants.workdays.contracts import hours_after

Status = LeakIncident.Status
PRIMARY_HOURS, ADDITIONAL_HOURS = 24, 72
_EDITABLE = (
    "source_text", "affected_subjects", "affected_identifiers", "pd_categories",
    "special_categories", "data_actuality", "causes", "harm", "measures", "contact_name",
    "contact_phone", "contact_email", "results", "culprits", "measures_after",
    "gossopka_needed", "gossopka_sent_at", "gossopka_number",
)  # fmt: skip


def clocks(detected_at: datetime) -> Clocks:
    """152-FZ, article 21(3.1): 24 and 72 hours; the assignment's hours to tell the operator."""
    paper = (
        ProcessorAgreement.objects.filter(is_platform=True)
        .exclude(status=ProcessorAgreement.Status.DRAFT)
        .first()
    )
    hours = paper.leak_notice_hours if paper else LEAK_HOURS
    return Clocks(
        hours_after(detected_at, hours), hours_after(detected_at, PRIMARY_HOURS),
        hours_after(detected_at, ADDITIONAL_HOURS),
    )  # fmt: skip


def open_incident(
    *,
    actor: Actor,
    text: str = "",
    detected_at: datetime | None = None,
    detected_by: str = LeakIncident.Source.PLATFORM,
    group: UUID | None = None,
    **facts: Any,
) -> LeakIncident:
    """Anybody may say that something looks like a leak; nothing has to be known yet.

    Args:
        detected_at: when it was first noticed by anybody; now, when not given.
        facts: what is known already; see _EDITABLE.

    Raises:
        InvalidInput: the moment is in the future.
    """
    now = clock.now()
    moment = detected_at or now
    if moment > now:
        raise invalid("detected_at", _("This moment has not come yet."))
    if detected_by not in LeakIncident.Source.values:
        raise invalid("detected_by", _("Choose who noticed it."))
    due = clocks(moment)
    said = selectors.operator()
    with transaction.atomic():
        row = LeakIncident(
            group=group, detected_at=moment, detected_by=detected_by, source_text=text.strip(),
            reported_by=actor.name, reported_at=now, operator_due=due.operator_due,
            primary_due=due.primary_due, additional_due=due.additional_due,
            contact_name=said.dpo_name, contact_phone=said.dpo_phone, contact_email=said.dpo_email,
        )  # fmt: skip
        changed_fields(row, _facts(facts))
        row.save()
        record(actor=actor, action="incident.reported", target=row,
               details={"detected_at": moment.isoformat(), "by": detected_by})  # fmt: skip
        work.open_work(row)
        enqueue("registers.tell_operator", incident_id=row.pk)
    return row


def open_incidents(
    *, actor: Actor, tenants: Iterable[Tenant], **values: Any
) -> dict[str, LeakIncident]:
    """One incident of several companies: each has a part of its own and notifies by itself.

    Returns:
        {schema: its part}; the parts share `group` and know nothing else of each other.
    """
    group = uuid7()
    with transaction.atomic():
        return {
            tenant.schema_name: in_tenant(
                tenant.schema_name, open_incident, actor=actor, group=group, **values
            )
            for tenant in tenants
        }


def save_incident(*, actor: Actor, public_id: UUID, **values: Any) -> list[str]:
    """What has become known. Returns names of the fields that changed.

    Raises: NotFound, InvalidInput; Conflict: it is closed.
    """
    with transaction.atomic():
        row = locked(public_id)
        changed = changed_fields(row, _facts(values))
        if not changed:
            return []
        row.save()
        record(actor=actor, action="incident.changed", target=row, details={"fields": changed})
    return changed


def _facts(values: dict[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in values.items() if name in _EDITABLE}
    if "pd_categories" in given:
        given["pd_categories"] = known("pd_categories", given["pd_categories"], Category.values)
    return {
        name: value.strip() if isinstance(value, str) else value for name, value in given.items()
    }


def note_detection(
    *, actor: Actor, public_id: UUID, detected_at: datetime, detected_by: str
) -> LeakIncident:
    """Somebody had noticed it earlier: the clocks move back, never forward.

    Raises: NotFound, Conflict; InvalidInput: it is not earlier than what is known.
    """
    with transaction.atomic():
        row = locked(public_id)
        if detected_at >= row.detected_at:
            text = _("It is known already from an earlier moment: the clock runs from that.")
            raise invalid("detected_at", text)
        if detected_by not in LeakIncident.Source.values:
            raise invalid("detected_by", _("Choose who noticed it."))
        due = clocks(detected_at)
        row.detected_at, row.detected_by = detected_at, detected_by
        row.operator_due, row.primary_due = due.operator_due, due.primary_due
        row.additional_due = due.additional_due
        row.save()
        record(actor=actor, action="incident.detected_earlier", target=row,
               details={"detected_at": detected_at.isoformat(), "by": detected_by})  # fmt: skip
        work.open_work(row)
    return row


def confirm(*, actor: Actor, public_id: UUID) -> LeakIncident:
    """It is a leak. Raises: NotFound, Forbidden, Conflict."""
    demand_officer(actor)
    with transaction.atomic():
        row = locked(public_id)
        if row.status != Status.SUSPECTED:
            raise Conflict(_("This was decided already."), code="decided")
        row.status = Status.CONFIRMED
        row.save()
        record(actor=actor, action="incident.confirmed", target=row)
    return row


def note_primary(
    *, actor: Actor, public_id: UUID, number: str, at: datetime | None = None
) -> LeakIncident:
    """The operator has sent the primary notice. Missing facts do not stop it.

    Raises: NotFound, Forbidden, Conflict, InvalidInput.
    """
    demand_officer(actor)
    with transaction.atomic():
        row = locked(public_id)
        if row.primary_sent_at is not None:
            raise Conflict(_("The primary notice was sent already."), code="sent")
        row.primary_sent_at, row.primary_sent_by = _past(at), actor.name
        row.primary_number, row.status = number.strip()[:40], Status.PRIMARY_SENT
        row.save()
        record(actor=actor, action="incident.primary_sent", target=row,
               details={"number": row.primary_number})  # fmt: skip
        close_task(kind=work.PRIMARY, key=str(public_id), actor=actor)
    return row


def note_additional(
    *, actor: Actor, public_id: UUID, number: str, at: datetime | None = None
) -> LeakIncident:
    """The results of the investigation were sent; the incident is closed by that.

    Raises: NotFound, Forbidden, Conflict; InvalidInput: there are no results.
    """
    demand_officer(actor)
    with transaction.atomic():
        row = locked(public_id)
        if row.primary_sent_at is None:
            raise Conflict(_("The primary notice comes first."), code="primary_first")
        if not row.results:
            raise invalid("results", _("Write what the investigation has found."))
        row.additional_sent_at, row.additional_number = _past(at), number.strip()[:40]
        row.status, row.closed_at, row.closed_by = Status.CLOSED, clock.now(), actor.name
        row.save()
        record(actor=actor, action="incident.additional_sent", target=row,
               details={"number": row.additional_number})  # fmt: skip
        work.close_work(row, actor)
    return row


def _past(at: datetime | None) -> datetime:
    now = clock.now()
    if at is not None and at > now:
        raise invalid("at", _("This moment has not come yet."))
    return at or now


def note_told(*, actor: Actor, public_id: UUID) -> LeakIncident:
    """The company was told by phone. Raises: NotFound, Conflict."""
    with transaction.atomic():
        row = locked(public_id)
        row.operator_notified_at = row.operator_notified_at or clock.now()
        row.save()
        record(actor=actor, action="incident.operator_told", target=row)
        close_task(kind=work.CALL, key=str(public_id), actor=actor)
    return row


def locked(public_id: UUID) -> LeakIncident:
    row = LeakIncident.objects.select_for_update().filter(public_id=public_id).first()
    if row is None:
        raise NotFound(_("There is no such incident."))
    if not row.is_open:
        raise Conflict(_("This incident is closed."), code="closed")
    return row
