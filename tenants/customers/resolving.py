"""Customers by whatever the sender knows of them, a whole batch in four queries."""

from collections.abc import Iterable, Sequence
from typing import Protocol
from uuid import UUID

from cvm_platform.common import bulk
from cvm_platform.common.errors import InvalidInput
from tenants.customers.models import Customer, Identity
from tenants.customers.sealing import Vault, normalise_email, normalise_phone
from tenants.tenancy.selectors import current_tenant


class Known(Protocol):
    """Anything with these four texts; the first that is filled and known decides."""

    id: str
    external_id: str
    email: str
    phone: str


def _by_public_id(texts: Iterable[str]) -> dict[str, int]:
    wanted = {}
    for text in texts:
        try:
            wanted[UUID(text)] = text
        except ValueError:
            continue
    found = Customer.objects.filter(public_id__in=list(wanted)).values_list("public_id", "id")
    return {wanted[public_id]: customer_id for public_id, customer_id in found}


def _by_identity(kind: str, namespace: str, keys: Iterable[str]) -> dict[str, int]:
    """An array instead of a list of placeholders: planned once, whatever the batch."""
    rows = bulk.fetch(
        "SELECT key, person_id FROM customers_identity "
        "WHERE kind = %s AND namespace = %s AND key = ANY(%s::text[])",
        [kind, namespace, bulk.text_array(keys)],
    )
    return {row[0]: row[1] for row in rows}


def _blind(vault: Vault, kind: str, texts: Iterable[str]) -> dict[str, str]:
    """Text as given → key of the identity; what is malformed is left out."""
    keys = {}
    for text in texts:
        try:
            keys[text] = (
                vault.email_hmac(normalise_email(text))
                if kind == Identity.Kind.EMAIL
                else vault.phone_hmac(normalise_phone(text))
            ).hex()
        except InvalidInput:
            continue
    return keys


def resolve_customers(given: Sequence[Known | None], *, source: str) -> list[int | None]:
    """Customer ids in the order given; None where nobody is named or nobody is known."""
    people = [one for one in given if one is not None]
    vault = Vault(current_tenant())
    ids = {one.id for one in people if one.id}
    public = _by_public_id(ids) if ids else {}
    external = _by_identity(
        Identity.Kind.EXTERNAL, source, {one.external_id for one in people if one.external_id}
    )
    emails = _blind(vault, Identity.Kind.EMAIL, {one.email for one in people if one.email})
    phones = _blind(vault, Identity.Kind.PHONE, {one.phone for one in people if one.phone})
    by_email = _by_identity(Identity.Kind.EMAIL, "", emails.values()) if emails else {}
    by_phone = _by_identity(Identity.Kind.PHONE, "", phones.values()) if phones else {}

    def of(one: Known | None) -> int | None:
        if one is None:
            return None
        return (
            public.get(one.id)
            or external.get(one.external_id)
            or by_email.get(emails.get(one.email, ""))
            or by_phone.get(phones.get(one.phone, ""))
        )

    return [of(one) for one in given]
