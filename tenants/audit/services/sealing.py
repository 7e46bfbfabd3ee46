"""Sealing by slices: writers never wait for the chain, the chain follows them within a minute."""

import hashlib
import hmac

from django.db import transaction

from cvm_platform.common import bulk, clock
from tenants.audit.models import Seal
from tenants.audit.registry import Stream, stream_named, streams
from tenants.audit.statements import digest_sql
from tenants.tenancy.keys import tenant_key
from tenants.tenancy.selectors import current_tenant

SLICE = 20_000
NO_SEAL = b""  # before the first link

# rows of writers that have not committed yet simply come with a later slice
_SEAL = """
WITH taken AS (
    SELECT id FROM {table} WHERE seal_number IS NULL ORDER BY id LIMIT %(size)s FOR UPDATE
), marked AS (
    UPDATE {table} t SET seal_number = %(number)s FROM taken WHERE t.id = taken.id
    RETURNING t.id, {digest} AS digest
)
SELECT count(*), min(id), max(id), sha256(string_agg(digest, ''::bytea ORDER BY id)) FROM marked
"""


def root_of(key: bytes, link: str, previous: bytes, rows: bytes) -> bytes:
    """HMAC-SHA-256 over all that a link says; `link` is "stream|number|count"."""
    return hmac.new(key, f"{link}|".encode() + previous + b"|" + rows, hashlib.sha256).digest()


def seal_all(*, size: int = SLICE) -> int:
    """Seals what is new in every stream of the tenant. Returns the number of slices."""
    return sum(seal_stream(stream=each.name, size=size) for each in streams())


def seal_stream(*, stream: str, size: int = SLICE) -> int:
    """Slice by slice, each in a transaction of its own, until nothing is left."""
    chosen, sealed = stream_named(stream), 0
    while _seal_slice(chosen, size):
        sealed += 1
    return sealed


@transaction.atomic
def _seal_slice(stream: Stream, size: int) -> bool:
    bulk.lock_tenant(f"seal:{stream.name}")
    last = Seal.objects.filter(stream=stream.name).order_by("-number").first()
    number = last.number + 1 if last else 1
    statement = _SEAL.format(table=stream.table, digest=digest_sql(stream))
    [(count, first_id, last_id, rows)] = bulk.fetch(statement, {"size": size, "number": number})
    if not count:
        return False
    previous = bytes(last.root) if last else NO_SEAL
    key = tenant_key(current_tenant(), "seal")
    Seal.objects.create(
        stream=stream.name, number=number, count=count, first_id=first_id, last_id=last_id,
        root=root_of(key, f"{stream.name}|{number}|{count}", previous, bytes(rows)),
        sealed_at=clock.now(),
    )  # fmt: skip
    return True
