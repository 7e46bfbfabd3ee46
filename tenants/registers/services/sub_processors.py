"""Whom a processor lets in: only with the operator's approval, and in Russia."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cvm_platform.common import clock
from cvm_platform.common.errors import Conflict, Forbidden, NotFound
from tenants.audit.services import Actor, record
from tenants.registers.contracts import HOME_COUNTRY
from tenants.registers.models import ProcessorAgreement, SubProcessor
from tenants.registers.services import assignment
from tenants.registers.services.common import demand_officer, invalid


def add_sub_processor(
    *,
    actor: Actor,
    agreement_id: UUID,
    name: str,
    address: str,
    country: str = HOME_COUNTRY,
    service: str = "",
    agreement_ref: str = "",
) -> SubProcessor:
    """Proposed: he gets nothing before the operator's officer approves.

    Raises:
        NotFound
        InvalidInput: name or address is missing.
        Forbidden: outside Russia (B_CROSS_BORDER): such a recipient needs a notice of its own.
    """
    agreement = ProcessorAgreement.objects.filter(public_id=agreement_id).first()
    if agreement is None:
        raise NotFound(_("There is no such assignment."))
    for field, value in (("name", name), ("address", address)):
        if not value.strip():
            raise invalid(field, _("Consents name him with his address: write both."))
    if country.strip().upper() != HOME_COUNTRY:
        text = _(
            "A sub-processor works in Russia. A recipient abroad is entered among recipients, "
            "with a notice about cross-border transfer (152-FZ, article 12)."
        )
        raise Forbidden(text, code="B_CROSS_BORDER", fields={"country": text})
    with transaction.atomic():
        row = SubProcessor.objects.create(
            agreement=agreement, name=name.strip(), address=address.strip(), country=HOME_COUNTRY,
            service=service.strip(), agreement_ref=agreement_ref.strip(),
        )  # fmt: skip
        record(actor=actor, action="sub_processor.proposed", target=row,
               details={"agreement": agreement.number})  # fmt: skip
    return row


def approve_sub_processor(*, actor: Actor, public_id: UUID) -> SubProcessor:
    """Raises: NotFound, Forbidden, Conflict."""
    demand_officer(actor)
    with transaction.atomic():
        row = _locked(public_id)
        if row.approved_at is not None or row.removed_at is not None:
            raise Conflict(_("This was decided already."), code="decided")
        row.approved_at, row.approved_by = clock.now(), actor.name
        row.save()
        record(actor=actor, action="sub_processor.approved", target=row)
        assignment.publish()
    return row


def remove_sub_processor(*, actor: Actor, public_id: UUID) -> SubProcessor:
    """Raises: NotFound, Conflict."""
    with transaction.atomic():
        row = _locked(public_id)
        if row.removed_at is not None:
            raise Conflict(_("This was decided already."), code="decided")
        row.removed_at = clock.now()
        row.save()
        record(actor=actor, action="sub_processor.removed", target=row)
        assignment.publish()
    return row


def _locked(public_id: UUID) -> SubProcessor:
    row = SubProcessor.objects.select_for_update().filter(public_id=public_id).first()
    if row is None:
        raise NotFound(_("There is no such sub-processor."))
    return row
