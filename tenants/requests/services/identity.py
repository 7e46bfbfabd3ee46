"""Who asks: checked before data leave or change, and no document kept in the clear."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cvm_platform.common import clock
from cvm_platform.common.errors import Conflict, InvalidInput
from tenants.audit.services import Actor
from tenants.customers.models import Customer
from tenants.requests.contracts import RULES, Channel, Identity, IdentityCheck, Status
from tenants.requests.models import SubjectRequest
from tenants.requests.sealing import document_hash
from tenants.requests.services.effects import apply_effects
from tenants.requests.services.journal import note
from tenants.requests.services.locking import locked

_LONGEST = 100


def put_identity(request: SubjectRequest, check: IdentityCheck, actor: Actor) -> None:
    """Onto an instance that the caller saves.

    Raises:
        InvalidInput: no such way, or a document without its number.
    """
    if check.method not in Identity.values:
        text = _("Choose how the person was identified.")
        raise InvalidInput(text, fields={"method": text})
    by_paper = check.method in {Identity.DOCUMENT, Identity.DOCUMENT_DETAILS}
    if by_paper and not check.document_number.strip():
        text = _("Write the number of the document: only its fingerprint is kept.")
        raise InvalidInput(text, fields={"document_number": text})
    if check.method == Identity.E_SIGNATURE and not check.signature.strip():
        text = _("Write which signature it was and that it was checked.")
        raise InvalidInput(text, fields={"signature": text})
    request.identity_method = check.method
    request.identity_hash = document_hash(check.document_number)
    request.identity_note = {
        name: value.strip()[:_LONGEST]
        for name, value in (
            ("issued_on", check.issued_on), ("issuer", check.issuer),
            ("signature", check.signature), ("relation", check.relation),
        )
        if value.strip()
    }  # fmt: skip
    request.identity_checked_at = clock.now()
    request.identity_checked_by = actor.name


def status_by_identity(request: SubjectRequest) -> str:
    """NEW from the public form, where nobody has looked yet; then the check; then work."""
    if not RULES[request.type].needs_identity or request.identity_checked_at is not None:
        return Status.IN_WORK
    return Status.NEW if request.channel == Channel.FORM else Status.IDENTITY_CHECK


def check_identity(
    *, public_id: UUID, check: IdentityCheck, actor: Actor, customer_id: int | None = None
) -> SubjectRequest:
    """The person is who he says, and this customer; what his request demands takes effect now.

    Raises: NotFound, InvalidInput; Conflict: the request is closed.
    """
    with transaction.atomic():
        request = locked(public_id)
        if not request.is_open:
            raise Conflict(_("This request is closed."), code="closed")
        if customer_id is not None:
            if not Customer.objects.filter(pk=customer_id).exists():
                text = _("There is no such customer.")
                raise InvalidInput(text, fields={"customer": text})
            request.customer_id = customer_id
        put_identity(request, check, actor)
        if request.status in {Status.NEW, Status.IDENTITY_CHECK}:
            request.status = Status.IN_WORK
        request.save()
        note(request, actor, "identified", method=check.method)
        apply_effects(request, actor)
    return request


def ask_for_identity(*, public_id: UUID, actor: Actor) -> SubjectRequest:
    """The customer was asked for a document: the request waits for him; the clock goes on.

    Raises: NotFound; Conflict: closed, or in work already.
    """
    with transaction.atomic():
        request = locked(public_id)
        if request.status not in {Status.NEW, Status.IDENTITY_CHECK}:
            raise Conflict(_("This request is in work already."), code="in_work")
        request.status = Status.IDENTITY_CHECK
        request.save(update_fields=["status"])
        note(request, actor, "asked_identity")
    return request
