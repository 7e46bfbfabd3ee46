"""The letter that asks whose address it is. Not a word of advertising in it."""

from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.translation import gettext as _

from tenants.audit.contracts import Action, ProcessingRow
from tenants.audit.services import SYSTEM, log_processing
from tenants.customers.models import ContactPoint
from tenants.customers.sealing import Vault
from tenants.privacy.models import Confirmation
from tenants.privacy.services.confirming import token_of
from tenants.registers import selectors as registers
from tenants.tenancy.selectors import base_url, current_tenant


def mail_confirmation(*, confirmation_id: int) -> bool:
    """Sends the link to the address that waits. Returns whether there was anything to send."""
    found = Confirmation.objects.filter(
        pk=confirmation_id, confirmed_at__isnull=True, expired_at__isnull=True
    ).first()
    if found is None:
        return False
    point = ContactPoint.objects.filter(
        customer_id=found.customer_id, kind="email", address_hmac=bytes(found.address_hmac)
    ).first()
    if point is None:
        return False
    tenant = current_tenant()
    opened = Vault(tenant).open_many([(point.pk, point.customer_id, bytes(point.sealed))], "email")
    if point.pk not in opened:
        return False
    operator = registers.operator()
    name = operator.brands[0] if operator.brands else tenant.name
    link = f"{base_url(tenant)}/confirm/{found.public_id}/{token_of(found)}/"
    with translation.override("ru"):  # the person has told us no language
        EmailMessage(
            subject=_("Confirm your address for %(name)s") % {"name": name},
            body=_(
                "Somebody, hopefully you, left this address at %(name)s.\n\n"
                "To confirm it, open the page and press the button:\n%(link)s\n\n"
                "If it was not you, do nothing: in three days the address is deleted.\n\n"
                "%(legal)s, %(address)s"
            ) % {"name": name, "link": link, "legal": operator.legal_name,
                 "address": operator.address},
            to=[opened[point.pk]],
        ).send()  # fmt: skip
    log_processing(
        rows=[ProcessingRow(actor=SYSTEM, action=Action.SEND, object_type="confirmation",
                            object_id=str(found.pk), subject_id=found.customer_id,
                            categories=["email"], reason="address confirmation")]
    )  # fmt: skip
    return True
