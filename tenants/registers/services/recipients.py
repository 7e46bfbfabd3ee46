"""Recipients outside the platform, and the regulator's review of those outside Russia."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cvm_platform.common import clock
from cvm_platform.common.errors import Conflict, Forbidden, NotFound
from tenants.accounts.contracts import Permission
from tenants.approvals.contracts import TaskKind
from tenants.approvals.services import close_task, open_task
from tenants.audit.services import Actor, record
from tenants.registers import selectors
from tenants.registers.adequacy import is_adequate
from tenants.registers.contracts import Category
from tenants.registers.models import CrossBorderNotice, OutboundIntegration, Purpose
from tenants.registers.services.common import changed_fields, demand_officer, invalid, known
from tenants.tenancy.selectors import current_tenant
from tenants.workdays.selectors import work_calendar

CROSS_BORDER = "B_CROSS_BORDER"
DELETION = "registers.deletion"
REVIEW_DAYS = 10  # working days, 152-FZ, article 12(9)
_EDITABLE = (
    "name", "legal_entity", "host", "country", "hosting_country", "pd_fields", "purpose",
    "agreement_ref",
)  # fmt: skip
_APPROVED_AS = {"country", "hosting_country", "pd_fields", "host"}
_CODE_LENGTH = 2
Status = OutboundIntegration.Status


def _title(params: Mapping[str, Any]) -> str:
    text = _("The transfer to %(name)s is banned: ask for deletion there and keep the proof")
    return text % {"name": params["name"]}


KIND = TaskKind(
    DELETION, gettext_lazy("Deletion at a recipient"), Permission.PRIVACY_OVERSEE, _title,
    by_hand=False,
)  # fmt: skip


def save_recipient(
    *, actor: Actor, code: str = "", public_id: UUID | None = None, **values: Any
) -> OutboundIntegration:
    """Enters or changes a recipient; changed fields or countries are approved anew.

    Raises:
        NotFound
        InvalidInput: name, country, fields or purpose cannot be right.
    """
    given = {name: _clean(name, value) for name, value in values.items() if name in _EDITABLE}
    with transaction.atomic():
        row = locked(public_id) if public_id else OutboundIntegration(code=code.strip())
        changed = changed_fields(row, given)
        _check(row)
        if row.status == Status.ENABLED and _APPROVED_AS & set(changed):
            row.status, row.enabled_at, row.enabled_by = Status.DRAFT, None, ""
        row.save()
        record(actor=actor, action="recipient.changed", target=row,
               details={"code": row.code, "fields": changed})  # fmt: skip
    return row


def _clean(name: str, value: Any) -> Any:
    if name == "pd_fields":
        return known(name, value, Category.values)
    text = str(value).strip()
    return text.upper() if name.endswith("country") else text


def _check(row: OutboundIntegration) -> None:
    if not row.name:
        raise invalid("name", _("Write who gets the data."))
    if not row.code:
        raise invalid("code", _("Write a short code in Latin letters."))
    if OutboundIntegration.objects.filter(code=row.code).exclude(pk=row.pk).exists():
        raise invalid("code", _("This code is taken."))
    for name in ("country", "hosting_country"):
        value = getattr(row, name)
        if len(value) != _CODE_LENGTH or not value.isalpha():
            raise invalid(name, _("Two letters, as in RU."))
    if row.purpose and not Purpose.objects.filter(code=row.purpose).exists():
        raise invalid("purpose", _("There is no such purpose."))
    if row.pd_fields and not row.purpose:
        raise invalid("purpose", _("Choose why it gets the data."))


def enable_recipient(*, actor: Actor, public_id: UUID) -> OutboundIntegration:
    """From now on it gets data.

    Raises:
        NotFound
        Forbidden: the officer's decision; or B_CROSS_BORDER: people's data would leave Russia
            without a notice whose review has passed.
    """
    demand_officer(actor)
    with transaction.atomic():
        row = locked(public_id)
        if not selectors.is_border_passed(row, clock.now()):
            text = _(
                "%(name)s is outside Russia (%(country)s) and gets people's data: first a notice "
                "about cross-border transfer whose review has passed (152-FZ, article 12)."
            )
            raise Forbidden(
                text % {"name": row.name, "country": row.foreign_country}, code=CROSS_BORDER
            )
        row.status, row.enabled_at, row.enabled_by = Status.ENABLED, clock.now(), actor.name
        row.save()
        record(actor=actor, action="recipient.enabled", target=row, details={"code": row.code})
    return row


def disable_recipient(*, actor: Actor, public_id: UUID) -> OutboundIntegration:
    """Raises: NotFound."""
    with transaction.atomic():
        row = locked(public_id)
        row.status = Status.DISABLED
        row.save()
        record(actor=actor, action="recipient.disabled", target=row, details={"code": row.code})
    return row


def file_notice(
    *, actor: Actor, public_id: UUID, sent_on: date, assessed_on: date
) -> CrossBorderNotice:
    """Writes down that the regulator was told about a transfer to this recipient.

    Args:
        assessed_on: when it was found out how the recipient protects data; before the notice.

    Raises:
        NotFound, Forbidden
        Conflict: the recipient is in Russia or gets no data about people.
        InvalidInput: the days cannot be right.
    """
    demand_officer(actor)
    today = clock.today(current_tenant().timezone)
    if sent_on > today:
        raise invalid("sent_on", _("This day has not come yet."))
    if assessed_on > sent_on:
        raise invalid("assessed_on", _("The recipient is assessed before the notice."))
    with transaction.atomic():
        row = locked(public_id)
        if not row.foreign_country:
            raise Conflict(_("Nothing leaves Russia here: no notice is needed."), code="at_home")
        term = work_calendar().working_term(sent_on, REVIEW_DAYS)
        notice = CrossBorderNotice.objects.create(
            integration=row, country=row.foreign_country, purpose=row.purpose,
            pd_fields=row.pd_fields, sent_on=sent_on, assessed_on=assessed_on,
            is_adequate=is_adequate(row.foreign_country, sent_on), review_until=term.last_day,
            is_provisional=term.is_provisional,
        )  # fmt: skip
        record(actor=actor, action="cross_border.notified", target=notice,
               details={"code": row.code, "country": notice.country})  # fmt: skip
    return notice


def note_decision(*, actor: Actor, public_id: UUID, decision: str, day: date) -> CrossBorderNotice:
    """The regulator has answered; a ban switches the recipient off and asks for deletion there.

    Raises: NotFound, Forbidden, InvalidInput.
    """
    demand_officer(actor)
    if decision not in CrossBorderNotice.Decision.values or not decision:
        raise invalid("decision", _("Choose what the regulator has decided."))
    with transaction.atomic():
        notice = _notice(public_id)
        notice.decision, notice.decided_on = decision, day
        notice.save()
        record(actor=actor, action="cross_border.decided", target=notice,
               details={"decision": decision})  # fmt: skip
        if decision != CrossBorderNotice.Decision.ALLOWED:
            disable_recipient(actor=actor, public_id=notice.integration.public_id)
        if decision == CrossBorderNotice.Decision.BANNED:
            open_task(
                kind=DELETION, key=str(notice.public_id), url="/registers/recipients/",
                params={"name": notice.integration.name},
            )  # fmt: skip
    return notice


def note_deletion(*, actor: Actor, public_id: UUID, day: date, proof: str) -> CrossBorderNotice:
    """The recipient has deleted what it had (article 12(14)). Raises: NotFound, InvalidInput."""
    if not proof.strip():
        raise invalid("proof", _("Write what proves it: number and date of the letter."))
    with transaction.atomic():
        notice = _notice(public_id)
        notice.deletion_asked_on, notice.deletion_proof = day, proof.strip()
        notice.save()
        record(actor=actor, action="cross_border.deleted", target=notice)
        close_task(kind=DELETION, key=str(public_id), actor=actor)
    return notice


def _notice(public_id: UUID) -> CrossBorderNotice:
    row = CrossBorderNotice.objects.select_for_update().filter(public_id=public_id).first()
    if row is None:
        raise NotFound(_("There is no such notice."))
    return row


def locked(public_id: UUID) -> OutboundIntegration:
    row = OutboundIntegration.objects.select_for_update().filter(public_id=public_id).first()
    if row is None:
        raise NotFound(_("There is no such recipient."))
    return row
