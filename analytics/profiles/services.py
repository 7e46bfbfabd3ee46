"""Showing one hidden field of one customer: with a reason, rarely, and never unnoticed."""

from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from cvm_platform.common import clock
from cvm_platform.common.errors import Forbidden, InvalidInput, NotFound
from tenants.audit.models import AuditEntry
from tenants.audit.services import Actor, record
from tenants.customers import masking
from tenants.customers.models import ContactPoint, Customer, PersonalName
from tenants.customers.sealing import Vault
from tenants.tenancy.selectors import current_tenant

REVEALS_PER_DAY = 20
ACTION = "customer.field_revealed"
FIELDS = ("name", "email", "phone")
REASONS = ("customer_request", "complaint", "delivery_check")


def _plain(customer: Customer, field: str) -> str:
    vault = Vault(current_tenant())
    if field == "name":
        row = PersonalName.objects.filter(customer_id=customer.pk).first()
        sealed = [(0, customer.pk, bytes(row.sealed))] if row else []
        return masking.full_name(vault.open_many(sealed, "name").get(0, "{}")) if sealed else ""
    point = ContactPoint.objects.filter(customer_id=customer.pk, kind=field).first()
    if point is None:
        return ""
    opened = vault.open_many([(point.pk, customer.pk, bytes(point.sealed))], field)
    return opened.get(point.pk, "")


def reveal_field(*, actor: Actor, customer: Customer, field: str, reason: str, ticket: str) -> str:
    """The plain value of one field; the audit trail keeps who, which field and why.

    Raises:
        InvalidInput: unknown field or reason, or no ticket.
        Forbidden: the day's limit is reached.
        NotFound: the customer has no such value.
    """
    if field not in FIELDS:
        raise InvalidInput(_("Choose a field to show."), fields={"field": _("Choose a field.")})
    if reason not in REASONS:
        raise InvalidInput(_("Choose a reason."), fields={"reason": _("Choose a reason.")})
    if not ticket.strip():
        text = _("Write the number of the request.")
        raise InvalidInput(text, fields={"ticket": text})
    with transaction.atomic():
        today = AuditEntry.objects.filter(
            actor=actor.name, action=ACTION, at__gte=clock.now() - timedelta(days=1)
        ).count()
        if today >= REVEALS_PER_DAY:
            raise Forbidden(
                _("You have shown %(n)d fields within a day. That is the limit.") % {"n": today}
            )
        value = _plain(customer, field)
        if not value:
            raise NotFound(_("There is no such value."))
        record(
            actor=actor, action=ACTION, target=customer,
            details={"field": field, "reason": reason, "ticket": ticket.strip()[:60]},
        )  # fmt: skip
    return value
