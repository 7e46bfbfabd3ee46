"""The public form: a stranger's word is written down; only a confirmed address is acted upon."""

import hashlib
import secrets

from django.core.mail import EmailMessage
from django.db import transaction
from django.utils.translation import gettext as _

from cvm_platform.common import clock
from cvm_platform.common.errors import NotFound
from tenants.audit.services import Actor
from tenants.customers.models import ContactPoint
from tenants.customers.sealing import Vault, normalise_email
from tenants.privacy.services import stop
from tenants.requests.contracts import Applicant, Channel
from tenants.requests.models import SubjectRequest
from tenants.requests.sealing import applicant_of
from tenants.requests.services.effects import BLOCKS, STOPS, apply_effects
from tenants.requests.services.journal import note
from tenants.requests.services.registering import register
from tenants.tenancy.selectors import base_url, current_tenant

_TOKEN_BYTES = 24


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def receive_public(
    *, kind: str, applicant: Applicant, actor: Actor, language: str
) -> SubjectRequest:
    """A request from the form: its clock runs from now; nothing else happens before the address
    is confirmed. Whether anybody is known is neither looked up nor told.

    Raises:
        InvalidInput: with the fields that are wrong.
    """
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    with transaction.atomic():
        request = register(
            kind=kind, received_at=clock.now(), channel=Channel.FORM, applicant=applicant,
            actor=actor, language=language,
        )  # fmt: skip
        request.confirm_hash = _hash(token)
        request.save(update_fields=["confirm_hash"])
        letter = _letter(request, applicant.email, token)
        transaction.on_commit(letter.send)
    return request


def _letter(request: SubjectRequest, address: str, token: str) -> EmailMessage:
    tenant = current_tenant()
    link = f"{base_url(tenant)}/privacy-request/confirm/{token}/"
    lines = [
        _("You sent a request about personal data to %(company)s. Its number is %(number)s.")
        % {"company": tenant.name, "number": request.pk},
        _("Confirm that this address is yours: then advertising to it stops at once."),
        link,
        _("If you did not send it, do nothing: nothing will change."),
    ]
    subject = _("Request No. %(number)s: confirm your address") % {"number": request.pk}
    return EmailMessage(subject=subject, body="\n\n".join(lines), to=[address])


def by_token(token: str) -> SubjectRequest | None:
    return SubjectRequest.objects.filter(confirm_hash=_hash(token)).first()


def confirm(*, token: str, actor: Actor) -> SubjectRequest:
    """The owner of the address pressed the button: what concerns this address takes effect now.

    Advertising to the address stops; a claim of unlawful processing blocks the customer whose
    address it is. What reaches further waits until it is certain who asks. Repeating is harmless.

    Raises:
        NotFound: no such link.
    """
    with transaction.atomic():
        request = (
            SubjectRequest.objects.select_for_update().filter(confirm_hash=_hash(token)).first()
        )
        if request is None:
            raise NotFound(_("This link leads nowhere."))
        if request.address_verified_at is not None or not request.is_open:
            return request
        request.address_verified_at = clock.now()
        address = Vault(current_tenant()).email_hmac(normalise_email(applicant_of(request).email))
        owners = list(
            ContactPoint.objects.filter(kind="email", address_hmac=address)
            .values_list("customer_id", flat=True).distinct()[:2]
        )  # fmt: skip
        if len(owners) == 1:  # a mailbox of two customers says not which one writes
            request.customer_id = owners[0]
        request.save(update_fields=["address_verified_at", "customer_id"])
        note(request, actor, "address_confirmed")
        _act(request, address, actor)
    return request


def _act(request: SubjectRequest, address: bytes, actor: Actor) -> None:
    if request.type in STOPS:
        stop(
            kind="CHANNEL_UNSUBSCRIBE", customer_id=request.customer_id, channel="EMAIL",
            address_hmac=address, source="LINK", received_at=request.received_at,
            request_id=request.pk, details={"request": request.pk},
        )  # fmt: skip
        note(request, actor, "address_stopped")
    elif request.type in BLOCKS:
        apply_effects(request, actor)
