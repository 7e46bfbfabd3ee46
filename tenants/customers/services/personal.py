"""Contacts and names, sealed as they are written. Values that did not change are not touched."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cvm_platform.common import bulk
from tenants.customers.models import ContactPoint, DataKey, PersonalName
from tenants.customers.sealing import Vault


@dataclass(frozen=True, slots=True)
class Contact:
    """A normalised address with its blind index."""

    customer_id: int
    kind: str
    plain: str
    hmac: bytes


def ensure_keys(vault: Vault, customer_ids: Sequence[int]) -> dict[int, bytes]:
    """Keys in the clear; made where there was none, missing where it was destroyed."""
    keys = vault.customer_keys(customer_ids)
    known = set(
        DataKey.objects.filter(customer_id__in=customer_ids).values_list("customer_id", flat=True)
    )
    rows: list[tuple[int, bytes]] = []
    shares: dict[int, bytes] = {}
    for customer_id in sorted(set(customer_ids) - known):
        key, wrapped, shares[customer_id] = vault.new_wrapped_key()
        keys[customer_id] = key
        rows.append((customer_id, wrapped))
    bulk.run(
        "INSERT INTO customers_datakey (customer_id, wrapped, is_split) "
        "SELECT u.*, true FROM unnest(%s::bigint[], %s::bytea[]) AS u",
        bulk.columns_of(rows, 2),
    )
    vault.keep_shares(shares)
    return keys


def write_contacts(
    vault: Vault, keys: Mapping[int, bytes], contacts: Sequence[Contact]
) -> set[int]:
    """Adds addresses; the newest of a kind becomes the primary one. Returns whose changed."""
    known = {
        (row[0], row[1], bytes(row[2]))
        for row in ContactPoint.objects.filter(
            customer_id__in={contact.customer_id for contact in contacts}
        ).values_list("customer_id", "kind", "address_hmac")
    }
    latest = {(contact.customer_id, contact.kind): contact for contact in contacts}
    rows = [
        (
            contact.customer_id, contact.kind,
            vault.seal(keys[contact.customer_id], contact.customer_id, contact.plain),
            contact.hmac,
            vault.last4_index(contact.plain) if contact.kind == ContactPoint.Kind.PHONE else None,
            contact.plain.rpartition("@")[2] if contact.kind == ContactPoint.Kind.EMAIL else "",
        )
        for contact in latest.values()
        if contact.customer_id in keys
        and (contact.customer_id, contact.kind, contact.hmac) not in known
    ]  # fmt: skip
    if rows:
        bulk.run(
            "INSERT INTO customers_contactpoint (customer_id, kind, sealed, address_hmac, last4,"
            " provider, status, is_primary) "
            "SELECT u.*, 'active', true FROM unnest(%s::bigint[], %s::text[], %s::bytea[],"
            " %s::bytea[], %s::bigint[], %s::text[]) AS u ON CONFLICT DO NOTHING",
            bulk.columns_of(rows, 6),
        )
    _choose_primary(list(latest.values()))
    return {row[0] for row in rows}


def _choose_primary(contacts: Sequence[Contact]) -> None:
    bulk.run(
        "UPDATE customers_contactpoint c SET is_primary = (c.address_hmac = u.hmac) "
        "FROM unnest(%s::bigint[], %s::text[], %s::bytea[]) AS u(customer_id, kind, hmac) "
        "WHERE c.customer_id = u.customer_id AND c.kind = u.kind "
        "AND c.is_primary <> (c.address_hmac = u.hmac)",
        bulk.columns_of([(item.customer_id, item.kind, item.hmac) for item in contacts], 3),
    )


def write_names(vault: Vault, keys: Mapping[int, bytes], names: Mapping[int, str]) -> set[int]:
    """Seals names ({customer: JSON}) that differ from the kept ones. Returns whose changed."""
    marks = {customer_id: vault.name_mark(text) for customer_id, text in names.items()}
    kept = dict(
        PersonalName.objects.filter(customer_id__in=names).values_list("customer_id", "tokens")
    )
    rows: list[tuple[int, bytes, str]] = []
    for customer_id, text in names.items():
        if customer_id not in keys or marks[customer_id] in kept.get(customer_id, []):
            continue
        tokens = [*vault.name_tokens(_spoken(text)), marks[customer_id]]
        sealed = vault.seal(keys[customer_id], customer_id, text)
        # unnest flattens nested arrays, so each array of tokens travels as its text
        rows.append((customer_id, sealed, "{" + ",".join(map(str, tokens)) + "}"))
    if rows:
        bulk.run(
            "INSERT INTO customers_personalname (customer_id, sealed, tokens) "
            "SELECT u.id, u.sealed, u.tokens::bigint[] "
            "FROM unnest(%s::bigint[], %s::bytea[], %s::text[]) AS u(id, sealed, tokens) "
            "ON CONFLICT (customer_id) DO UPDATE "
            "SET sealed = excluded.sealed, tokens = excluded.tokens",
            bulk.columns_of(rows, 3),
        )
    return {row[0] for row in rows}


def _spoken(text: str) -> str:
    return " ".join(json.loads(text).values())
