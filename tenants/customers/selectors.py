"""Finding customers without opening a single personal value."""

import re
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from cvm_platform.common.errors import InvalidInput
from tenants.customers.models import ContactPoint, Customer, DataKey, Identity, PersonalName
from tenants.customers.sealing import Vault, normalise_email, normalise_phone
from tenants.tenancy.selectors import current_tenant

_LAST4 = re.compile(r"\d{4}")
_PHONE = re.compile(r"\+?[\d\s()\-]{10,20}")


def customer_by_public_id(public_id: UUID) -> Customer | None:
    return Customer.objects.filter(public_id=public_id).first()


def customer_ids_by_external(*, source: str, external_ids: list[str]) -> dict[str, int]:
    """Person ids by their ids in the system `source`; unknown ones are left out."""
    return dict(
        Identity.objects.filter(
            kind=Identity.Kind.EXTERNAL, namespace=source, key__in=external_ids
        ).values_list("key", "person_id")
    )


def customer_ids_by_contact(*, email: str = "", phone: str = "") -> list[int]:
    """Whose address it is, by the whole normalised address; the e-mail's owner first."""
    vault = Vault(current_tenant())
    keys = [("email", vault.email_hmac(email))] if email else []
    keys += [("phone", vault.phone_hmac(phone))] if phone else []
    found: list[int] = []
    for kind, hmac in keys:
        points = ContactPoint.objects.filter(kind=kind, address_hmac=hmac)
        found += points.order_by("customer_id").values_list("customer_id", flat=True)
    return list(dict.fromkeys(found))


def customers_found_by(text: str, *, most: int | None = None) -> QuerySet[Customer]:
    """Customers whose e-mail, phone, last four digits, id or name matches; exact but for names.

    A name matches by whole words or their beginnings from three letters. Empty text finds all.
    With `most`, no more than so many are looked for in each way.
    """
    needle = text.strip()
    if not needle:
        return Customer.objects.all()
    # a union, each part by its own index; with OR the planner would go through everybody
    first, *others = (part[:most] for part in _matches(Vault(current_tenant()), needle))
    return Customer.objects.filter(id__in=first.union(*others) if others else first)


def _matches(vault: Vault, needle: str) -> list[QuerySet[Any, Any]]:
    """Queries of one column, the customer's id."""
    by_id = Identity.objects.filter(key=needle, kind__in=["external", "loyalty"])
    found: list[QuerySet[Any, Any]] = [by_id.values("person_id")]
    if "@" in needle:
        with suppress(InvalidInput):
            found.append(_by_contact(address_hmac=vault.email_hmac(normalise_email(needle))))
        return found
    if _LAST4.fullmatch(needle):
        found.append(_by_contact(last4=vault.last4_index(needle)))
    elif _PHONE.fullmatch(needle):
        try:
            found.append(_by_contact(address_hmac=vault.phone_hmac(normalise_phone(needle))))
        except InvalidInput:
            return found
    try:
        found.append(Customer.objects.filter(public_id=UUID(needle)).values("id"))
    except ValueError:
        tokens = vault.search_tokens(needle)
        if tokens:
            names = PersonalName.objects.filter(tokens__contains=tokens)
            found.append(names.values("customer_id"))
    return found


def _by_contact(**conditions: object) -> QuerySet[Any, Any]:
    return ContactPoint.objects.filter(**conditions).values("customer_id")


def has_readable_data(customer_id: int) -> bool:
    """Whether the customer's key exists; after its destruction nothing personal can be read."""
    return DataKey.objects.filter(customer_id=customer_id, wrapped__isnull=False).exists()
