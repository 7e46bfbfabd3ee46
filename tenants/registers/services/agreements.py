"""Assignments: drafted by either side, put in force by the operator's officer."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cvm_platform.common import clock
from cvm_platform.common.errors import Conflict, InvalidInput, NotFound
from tenants.accounts.contracts import Permission
from tenants.approvals.contracts import ApprovalKind
from tenants.approvals.models import Approval
from tenants.approvals.services import ask_approval
from tenants.audit.services import SYSTEM, Actor, record
from tenants.registers.contracts import (
    CLAUSES,
    LONGEST_LEAK_HOURS,
    Category,
    PdAction,
    SubjectCategory,
)
from tenants.registers.models import ProcessorAgreement, Purpose
from tenants.registers.services import assignment
from tenants.registers.services.common import changed_fields, demand_officer, invalid, known

Status = ProcessorAgreement.Status
APPROVAL = "registers.agreement"
LONGEST_END_DAYS = 30
_EDITABLE = (
    "number", "signed_at", "valid_from", "valid_to", "file_name", "file_sha256", "is_platform",
    "processor_name", "processor_address", "processor_inn", "pd_categories",
    "subject_categories", "actions", "purposes", *CLAUSES, "leak_notice_hours", "on_end",
    "on_end_days", "benchmarks_allowed",
)  # fmt: skip
_LISTS = {
    "pd_categories": Category.values, "subject_categories": SubjectCategory.values,
    "actions": PdAction.values,
}  # fmt: skip


def save_agreement(
    *, actor: Actor, public_id: UUID | None = None, **values: Any
) -> ProcessorAgreement:
    """A draft, new or changed; what is in force is not edited but replaced by a new one.

    Raises:
        NotFound
        Conflict: it is no draft any more.
        InvalidInput: a choice or a number cannot be right; nothing was changed.
    """
    given = {name: value for name, value in values.items() if name in _EDITABLE}
    for name, options in _LISTS.items():
        if name in given:
            given[name] = known(name, given[name], options)
    if "purposes" in given:
        codes = Purpose.objects.values_list("code", flat=True)
        given["purposes"] = known("purposes", given["purposes"], codes)
    with transaction.atomic():
        row = ProcessorAgreement(created_at=clock.now(), created_by=actor.name)
        if public_id is not None:
            row = locked(public_id)
            if row.status != Status.DRAFT:
                text = _("This assignment is not a draft: make a new one instead.")
                raise Conflict(text, code="not_draft")
            row.version += 1
        changed = changed_fields(row, given)
        _check(row)
        row.save()
        record(actor=actor, action="agreement.drafted", target=row, details={"fields": changed})
    return row


def _check(row: ProcessorAgreement) -> None:
    if not row.number.strip():
        raise invalid("number", _("Write the number of the contract."))
    if not 1 <= row.leak_notice_hours <= LONGEST_LEAK_HOURS:
        text = _("From 1 to %(most)d hours.") % {"most": LONGEST_LEAK_HOURS}
        raise invalid("leak_notice_hours", text)
    if not 1 <= row.on_end_days <= LONGEST_END_DAYS:
        text = _("From 1 to %(most)d days.") % {"most": LONGEST_END_DAYS}
        raise invalid("on_end_days", text)
    if row.valid_from and row.valid_to and row.valid_to < row.valid_from:
        raise invalid("valid_to", _("It would end before it starts."))


def demand_complete(row: ProcessorAgreement) -> None:
    """What article 6(3) of 152-FZ asks of an assignment.

    Raises:
        InvalidInput: with every field that is missing.
    """
    fields = {name: _("The contract must contain this clause.") for name in row.missing_clauses()}
    needed = {
        "signed_at": _("Write when it was signed."),
        "valid_from": _("Write from which day it is valid."),
        "processor_name": _("Write who processes the data."),
        "processor_address": _("Write the processor's address: consents name it."),
        "purposes": _("Choose the purposes."),
        "pd_categories": _("Choose the categories of data."),
        "subject_categories": _("Choose whose data it is."),
        "actions": _("Choose what may be done with the data."),
    }
    fields |= {name: text for name, text in needed.items() if not getattr(row, name)}
    if fields:
        raise InvalidInput(
            _("The assignment is not complete: article 6(3) of 152-FZ asks for more."),
            fields=fields, code="incomplete",
        )  # fmt: skip


def content(row: ProcessorAgreement) -> dict[str, Any]:
    """What is decided about, as a reader sees it."""
    return {name: getattr(row, name) for name in _EDITABLE} | {"version": row.version}


def ask_activation(*, actor: Actor, public_id: UUID) -> Approval:
    """Asks the operator's officer to put a complete draft in force.

    Raises: NotFound, Conflict, InvalidInput.
    """
    with transaction.atomic():
        row = locked(public_id)
        if row.status != Status.DRAFT:
            raise Conflict(_("This assignment is not a draft."), code="not_draft")
        demand_complete(row)
        return ask_approval(
            kind=APPROVAL, target=row, after=_in_words(row), actor=actor,
            title=_("Assignment %(number)s to %(name)s")
            % {"number": row.number, "name": row.processor_name},
            url=f"/registers/agreements/{row.public_id}/",
        )  # fmt: skip


def _in_words(row: ProcessorAgreement) -> dict[str, str]:
    values = content(row)
    return {name: ", ".join(value) if isinstance(value, list) else str(value or "—")
            for name, value in values.items()}  # fmt: skip


def _decided(target_id: str, is_approved: bool) -> None:
    row = ProcessorAgreement.objects.filter(pk=target_id, status=Status.DRAFT).first()
    if row is not None and is_approved:
        activate_agreement(actor=SYSTEM, public_id=row.public_id)


# the processor is the other party: one officer of the operator is enough, even for his own draft
APPROVAL_KIND = ApprovalKind(
    APPROVAL, gettext_lazy("Assignment to process data"), Permission.PRIVACY_OVERSEE, _decided,
    needs_second=False,
)  # fmt: skip


def activate_agreement(*, actor: Actor, public_id: UUID) -> ProcessorAgreement:
    """Puts it in force and ends the one that it replaces.

    Raises:
        NotFound, Forbidden
        Conflict: it is no draft.
        InvalidInput: a clause or a choice is missing.
    """
    demand_officer(actor)
    with transaction.atomic():
        row = locked(public_id)
        if row.status != Status.DRAFT:
            raise Conflict(_("This assignment is not a draft."), code="not_draft")
        demand_complete(row)
        if row.is_platform:
            _end_older(row)
        row.status, row.activated_at, row.activated_by = Status.ACTIVE, clock.now(), actor.name
        row.save()
        record(actor=actor, action="agreement.activated", target=row,
               details={"number": row.number})  # fmt: skip
        assignment.publish()
    return row


def _end_older(row: ProcessorAgreement) -> None:
    older = ProcessorAgreement.objects.filter(
        is_platform=True, status__in=[Status.ACTIVE, Status.SUSPENDED]
    ).exclude(pk=row.pk)
    older.update(
        status=Status.ENDED, ended_at=clock.now(),
        end_reason=_("Replaced by %(number)s") % {"number": row.number},
    )  # fmt: skip


def suspend_agreement(*, actor: Actor, public_id: UUID, reason: str) -> ProcessorAgreement:
    """Stops everything at once without ending it. Raises: NotFound, Forbidden, Conflict."""
    return _move(
        actor, public_id, (Status.ACTIVE,), Status.SUSPENDED,
        {"suspended_at": clock.now(), "end_reason": reason.strip()[:300]},
    )  # fmt: skip


def resume_agreement(*, actor: Actor, public_id: UUID) -> ProcessorAgreement:
    """Raises: NotFound, Forbidden, Conflict."""
    return _move(
        actor, public_id, (Status.SUSPENDED,), Status.ACTIVE,
        {"suspended_at": None, "end_reason": ""},
    )  # fmt: skip


def end_agreement(*, actor: Actor, public_id: UUID, reason: str) -> ProcessorAgreement:
    """From this moment the processor does nothing but return and destroy.

    Raises: NotFound, Forbidden, Conflict; InvalidInput: no reason.
    """
    if not reason.strip():
        raise invalid("reason", _("Write why it ends."))
    return _move(
        actor, public_id, (Status.ACTIVE, Status.SUSPENDED), Status.ENDED,
        {"ended_at": clock.now(), "end_reason": reason.strip()[:300]},
    )  # fmt: skip


def _move(
    actor: Actor, public_id: UUID, before: tuple[str, ...], after: str, values: Mapping[str, Any]
) -> ProcessorAgreement:
    demand_officer(actor)
    with transaction.atomic():
        row = locked(public_id)
        if row.status not in before:
            state = row.get_status_display()
            raise Conflict(_("This cannot be done: %(state)s.") % {"state": state}, code="state")
        changed_fields(row, values)
        row.status = after
        row.save()
        record(actor=actor, action=f"agreement.{after}", target=row, details=dict(values) and {
            "reason": str(values.get("end_reason", ""))})  # fmt: skip
        assignment.publish()
    return row


def locked(public_id: UUID) -> ProcessorAgreement:
    row = ProcessorAgreement.objects.select_for_update().filter(public_id=public_id).first()
    if row is None:
        raise NotFound(_("There is no such assignment."))
    return row
