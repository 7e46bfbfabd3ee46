"""Customers from outside: found by what identifies them, made where nobody is known."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import available_timezones

from django.db import transaction
from django.utils.translation import gettext as _

from cvm_platform.common import bulk
from cvm_platform.common.errors import InvalidInput
from tenants.customers import registry
from tenants.customers.contracts import CustomerRow, RowProblem, UpsertReport
from tenants.customers.models import ContactPoint, Identity
from tenants.customers.sealing import Vault, name_json, normalise_email, normalise_phone
from tenants.customers.services import personal
from tenants.customers.services.persons import LOCK, reserve_person_ids
from tenants.tenancy.selectors import current_tenant


@dataclass(slots=True)
class _Entry:
    index: int
    row: CustomerRow
    email: str = ""
    phone: str = ""
    email_key: str = ""
    phone_key: str = ""
    customer_id: int = 0


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _entry(index: int, row: CustomerRow, vault: Vault) -> _Entry:
    """The row normalised.

    Raises:
        InvalidInput: a value is malformed, or nothing says who this is.
    """
    entry = _Entry(index, row)
    if row.email.strip():
        entry.email = normalise_email(row.email)
        entry.email_key = vault.email_hmac(entry.email).hex()
    if row.phone.strip():
        entry.phone = normalise_phone(row.phone)
        entry.phone_key = vault.phone_hmac(entry.phone).hex()
    if row.timezone and row.timezone not in _zones():
        raise InvalidInput(
            _("Unknown time zone “%(zone)s”.") % {"zone": row.timezone[:50]}, code="bad_timezone"
        )
    if not (row.external_id or entry.email or entry.phone):
        raise InvalidInput(
            _("Neither an id, nor an e-mail, nor a phone: nobody to load."), code="nobody"
        )
    return entry


def _known(kind: str, namespace: str, keys: Iterable[str]) -> dict[str, int]:
    wanted = [key for key in keys if key]
    return dict(
        Identity.objects.filter(kind=kind, namespace=namespace, key__in=wanted).values_list(
            "key", "person_id"
        )
    )


def _find(entries: Sequence[_Entry], source: str) -> list[_Entry]:
    """Sets `customer_id` where the customer is known or new; returns those made new.

    The source's own id decides. An e-mail or a phone joins a row to somebody only if that
    person has no id in this source yet: two ids with one mailbox are two customers.
    """
    external = _known("external", source, (entry.row.external_id for entry in entries))
    email = _known("email", "", (entry.email_key for entry in entries))
    phone = _known("phone", "", (entry.phone_key for entry in entries))
    taken = set(
        Identity.objects.filter(
            kind="external", namespace=source, person_id__in={*email.values(), *phone.values()}
        ).values_list("person_id", flat=True)
    )
    taken.update(external.values())
    fresh: list[_Entry] = []
    for entry in entries:
        named = entry.row.external_id
        found = external.get(named) if named else None
        if found is None:
            found = email.get(entry.email_key) or phone.get(entry.phone_key)
            if named and found in taken:
                found = None
        if found is None:
            fresh.append(entry)
            found = -len(fresh)  # a placeholder until the ids are reserved
        entry.customer_id = found
        _remember(entry, external, email, phone, taken)
    ids = iter(reserve_person_ids(len(fresh)))
    real = {entry.customer_id: next(ids) for entry in fresh}
    for entry in entries:
        entry.customer_id = real.get(entry.customer_id, entry.customer_id)
    return fresh


def _remember(
    entry: _Entry,
    external: dict[str, int],
    email: dict[str, int],
    phone: dict[str, int],
    taken: set[int],
) -> None:
    """So that the next rows of the same call find this one."""
    if entry.row.external_id:
        external.setdefault(entry.row.external_id, entry.customer_id)
        taken.add(entry.customer_id)
    if entry.email_key:
        email.setdefault(entry.email_key, entry.customer_id)
    if entry.phone_key:
        phone.setdefault(entry.phone_key, entry.customer_id)


def _write_customers(entries: Sequence[_Entry], source: str) -> set[int]:
    """Inserts new and completes known customers; returns the ids of all rows written."""
    merged: dict[int, tuple[str, str, str, dict[str, object]]] = {}
    for entry in entries:
        city, zone, language, attributes = merged.get(entry.customer_id, ("", "", "", {}))
        row = entry.row
        merged[entry.customer_id] = (
            row.city or city, row.timezone or zone, row.language or language,
            {**attributes, **row.attributes},
        )  # fmt: skip
    rows = [
        (customer_id, city[:100], zone, language[:5], json.dumps(attributes, ensure_ascii=False))
        for customer_id, (city, zone, language, attributes) in sorted(merged.items())
    ]
    written = bulk.fetch(
        "INSERT INTO customers_customer AS c (id, public_id, status, lifecycle_stage, timezone,"
        " language, city, age_band, attributes, tags, source) "
        "SELECT u.id, uuidv7(), 'active', '', u.zone, u.language, u.city, '', u.attributes::jsonb,"
        " '{}', %s FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[])"
        " AS u(id, city, zone, language, attributes) "
        "ON CONFLICT (id) DO UPDATE SET city = coalesce(nullif(excluded.city, ''), c.city),"
        " timezone = coalesce(nullif(excluded.timezone, ''), c.timezone),"
        " language = coalesce(nullif(excluded.language, ''), c.language),"
        " attributes = c.attributes || excluded.attributes, updated_at = now() "
        "WHERE c.status = 'active' AND (excluded.city NOT IN ('', c.city)"
        " OR excluded.timezone NOT IN ('', c.timezone)"
        " OR excluded.language NOT IN ('', c.language)"
        " OR NOT c.attributes @> excluded.attributes) RETURNING c.id",
        [source, *bulk.columns_of(rows, 5)],
    )
    return {row[0] for row in written}


def _write_identities(entries: Sequence[_Entry], source: str) -> None:
    rows = [
        (entry.customer_id, kind, namespace, key)
        for entry in entries
        for kind, namespace, key in (
            ("external", source, entry.row.external_id),
            ("email", "", entry.email_key),
            ("phone", "", entry.phone_key),
        )
        if key
    ]
    bulk.run(
        "INSERT INTO customers_identity (person_id, kind, namespace, key, is_verified) "
        "SELECT u.*, false FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]) AS u "
        "ON CONFLICT (kind, namespace, key) DO NOTHING",
        bulk.columns_of(rows, 4),
    )


def _write_personal(entries: Sequence[_Entry], vault: Vault) -> set[int]:
    contacts: list[personal.Contact] = []
    names: dict[int, str] = {}
    for entry in entries:
        owner = entry.customer_id
        if entry.email:
            hmac = bytes.fromhex(entry.email_key)
            contacts.append(personal.Contact(owner, ContactPoint.Kind.EMAIL, entry.email, hmac))
        if entry.phone:
            hmac = bytes.fromhex(entry.phone_key)
            contacts.append(personal.Contact(owner, ContactPoint.Kind.PHONE, entry.phone, hmac))
        text = name_json(entry.row.first_name, entry.row.last_name, entry.row.middle_name)
        if text != "{}":
            names[owner] = text
    if not contacts and not names:
        return set()
    keys = personal.ensure_keys(
        vault, sorted({contact.customer_id for contact in contacts} | set(names))
    )
    return personal.write_contacts(vault, keys, contacts) | personal.write_names(vault, keys, names)


def _known_as(entry: _Entry, source: str) -> list[registry.Identity]:
    named = (
        ("external", source, entry.row.external_id), ("email", "", entry.email_key),
        ("phone", "", entry.phone_key),
    )  # fmt: skip
    return [identity for identity in named if identity[2]]


def _without_refused(
    entries: Sequence[_Entry], source: str, problems: list[RowProblem]
) -> list[_Entry]:
    """Rows about people who were erased are not taken; their own door is a sign-up."""
    refused = registry.refused(
        identity for entry in entries for identity in _known_as(entry, source)
    )
    if not refused:
        return list(entries)
    text = _("This person's data was erased on demand: a load does not bring it back.")
    taken = []
    for entry in entries:
        if refused.isdisjoint(_known_as(entry, source)):
            taken.append(entry)
        else:
            problems.append(RowProblem(entry.index, "erased", text))
    return taken


def upsert_customers(
    *, rows: Sequence[CustomerRow], source: str, by_subject: bool = False
) -> UpsertReport:
    """Makes or completes customers, all in one transaction; writing the same again changes nothing.

    An empty value never erases a known one. Call it with some thousands of rows at a time.

    Args:
        source: the system that the external ids belong to.
        by_subject: people gave it themselves just now, so an earlier erasure does not refuse them.

    Returns:
        Ids in the order of `rows`; a malformed row is refused with its reason, the others go on.
    """
    vault = Vault(current_tenant())
    problems: list[RowProblem] = []
    entries: list[_Entry] = []
    for index, row in enumerate(rows):
        try:
            entries.append(_entry(index, row, vault))
        except InvalidInput as error:
            problems.append(RowProblem(index, error.code, error.message))
    with transaction.atomic():
        bulk.lock_tenant(LOCK)
        if not by_subject:
            entries = _without_refused(entries, source, problems)
        fresh = {entry.customer_id for entry in _find(entries, source)}
        written = _write_customers(entries, source)
        _write_identities(entries, source)
        written |= _write_personal(entries, vault)
    ids: list[int | None] = [None] * len(rows)
    for entry in entries:
        ids[entry.index] = entry.customer_id
    return UpsertReport(ids, len(fresh), len(written - fresh), problems)
