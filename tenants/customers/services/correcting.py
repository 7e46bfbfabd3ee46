"""Wrong data put right: what was inaccurate does not stay beside it (152-FZ, article 20(3))."""

import json
from collections.abc import Mapping

from django.db import transaction

from cvm_platform.common import bulk
from cvm_platform.common.errors import InvalidInput
from tenants.customers.models import ContactPoint, Identity, PersonalName
from tenants.customers.sealing import Vault, name_json, normalise_email, normalise_phone
from tenants.customers.services import personal
from tenants.customers.services.persons import LOCK
from tenants.tenancy.selectors import current_tenant

NAMES = ("first", "last", "middle")


def correct_customer(*, customer_id: int, values: Mapping[str, str]) -> list[str]:
    """Replaces a name's parts, the e-mail or the phone; the old address goes for good.

    Args:
        values: by "first", "last", "middle", "email", "phone"; empty ones are left alone.

    Returns:
        Names of what changed.

    Raises:
        InvalidInput: a malformed address.
    """
    vault = Vault(current_tenant())
    given = {name: text.strip() for name, text in values.items() if text.strip()}
    with transaction.atomic():
        bulk.lock_tenant(LOCK)
        keys = personal.ensure_keys(vault, [customer_id])
        changed = _correct_name(vault, keys, customer_id, given)
        for kind in (ContactPoint.Kind.EMAIL, ContactPoint.Kind.PHONE):
            if given.get(kind):
                changed += _correct_contact(vault, keys, customer_id, kind, given[kind])
    return changed


def _correct_name(
    vault: Vault, keys: Mapping[int, bytes], customer_id: int, given: Mapping[str, str]
) -> list[str]:
    wanted = {name: given[name] for name in NAMES if name in given}
    if not wanted:
        return []
    kept = PersonalName.objects.filter(customer_id=customer_id).values_list("sealed", flat=True)
    opened = vault.open_many([(1, customer_id, bytes(each)) for each in kept], "name")
    known = json.loads(opened.get(1, "{}"))
    changed = [name for name, text in wanted.items() if known.get(name, "") != text]
    parts = {**known, **wanted}
    text = name_json(parts.get("first", ""), parts.get("last", ""), parts.get("middle", ""))
    personal.write_names(vault, keys, {customer_id: text})
    return changed


def _correct_contact(
    vault: Vault, keys: Mapping[int, bytes], customer_id: int, kind: str, text: str
) -> list[str]:
    is_email = kind == ContactPoint.Kind.EMAIL
    try:
        plain = normalise_email(text) if is_email else normalise_phone(text)
    except InvalidInput as error:
        raise InvalidInput(error.message, fields={kind: error.message}) from error
    hmac = vault.email_hmac(plain) if is_email else vault.phone_hmac(plain)
    own = ContactPoint.objects.filter(customer_id=customer_id, kind=kind)
    old = own.exclude(address_hmac=hmac)
    has_it = own.filter(address_hmac=hmac).exists()
    if has_it and not old.exists():
        return []
    stale = [bytes(each).hex() for each in old.values_list("address_hmac", flat=True)]
    Identity.objects.filter(person_id=customer_id, kind=kind, key__in=stale).delete()
    old.delete()
    Identity.objects.get_or_create(
        kind=kind, namespace="", key=hmac.hex(), defaults={"person_id": customer_id}
    )
    personal.write_contacts(vault, keys, [personal.Contact(customer_id, kind, plain, hmac)])
    return [str(kind)]
