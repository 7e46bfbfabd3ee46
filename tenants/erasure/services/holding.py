"""Disputes: what must not be destroyed while they last."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cvm_platform.common import clock
from cvm_platform.common.errors import Conflict, InvalidInput, NotFound
from tenants.audit.services import Actor, record
from tenants.customers.models import Customer
from tenants.erasure.models import ErasureJob, LegalHold


def place_hold(
    *, customer_public_id: UUID, ground: str, actor: Actor, reason: str = "",
    until: datetime | None = None,
) -> LegalHold:  # fmt: skip
    """Nothing of this person is destroyed until it is lifted or over.

    Raises:
        NotFound: no such customer.
        InvalidInput: no ground, or a term in the past.
    """
    customer = Customer.objects.filter(public_id=customer_public_id).first()
    if customer is None or customer.status == Customer.Status.ERASED:
        raise NotFound(_("There is no such customer, or his data is erased already."))
    if not ground.strip():
        text = _("Write which dispute it is.")
        raise InvalidInput(text, fields={"ground": text})
    if until is not None and until <= clock.now():
        text = _("The term is in the past.")
        raise InvalidInput(text, fields={"until": text})
    with transaction.atomic():
        hold = LegalHold.objects.create(
            customer_id=customer.pk, subject_ref=customer.public_id, ground=ground.strip()[:200],
            reason=reason.strip()[:2000], until=until, placed_by=actor.name, placed_at=clock.now(),
        )  # fmt: skip
        record(actor=actor, action="hold.placed", target=hold)
    return hold


def lift_hold(*, public_id: UUID, actor: Actor) -> LegalHold:
    """What it held back goes on within minutes. Raises: NotFound, Conflict: lifted already."""
    with transaction.atomic():
        hold = LegalHold.objects.select_for_update().filter(public_id=public_id).first()
        if hold is None:
            raise NotFound(_("There is no such hold."))
        if hold.lifted_at is not None:
            raise Conflict(_("This hold is lifted already."))
        hold.lifted_by, hold.lifted_at = actor.name, clock.now()
        hold.save(update_fields=["lifted_by", "lifted_at"])
        ErasureJob.objects.filter(
            status=ErasureJob.Status.HELD, subjects__customer_id=hold.customer_id
        ).update(next_at=None)
        record(actor=actor, action="hold.lifted", target=hold)
    return hold
