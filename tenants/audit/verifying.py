"""Checks every chain of the tenant: any row changed, gone, added or put elsewhere is found.

What a chain cannot show is its own end cut off with all its rows; for that, keep the newest root
somewhere else and give it to the verifier.
"""

from datetime import timedelta

from cvm_platform.common import bulk, clock
from tenants.audit.contracts import Finding
from tenants.audit.models import Seal
from tenants.audit.registry import Stream, streams
from tenants.audit.services.sealing import NO_SEAL, root_of
from tenants.audit.statements import digest_sql
from tenants.tenancy.keys import tenant_key
from tenants.tenancy.selectors import current_tenant

PATIENCE = timedelta(minutes=15)  # sealing runs every minute

_ROWS = """
SELECT t.seal_number, count(*), min(t.id), max(t.id),
       sha256(string_agg({digest}, ''::bytea ORDER BY t.id))
FROM {table} t WHERE t.seal_number IS NOT NULL GROUP BY t.seal_number
"""
_WAITING = (
    "SELECT count(*), min(id), max(id) FROM {table} t WHERE seal_number IS NULL AND {at} < %s"
)


def verify_chains(*, expected: dict[str, bytes] | None = None) -> list[Finding]:
    """What is wrong, stream by stream; an empty list is a clean bill.

    Args:
        expected: newest known root by stream, kept elsewhere; it must still be in the chain.
    """
    findings: list[Finding] = []
    for stream in streams():
        findings += _verify(stream, (expected or {}).get(stream.name))
    return findings


def newest_roots() -> dict[str, tuple[int, bytes]]:
    """Number and root of the last link of each stream: what to keep elsewhere."""
    last = Seal.objects.order_by("stream", "-number").distinct("stream")
    return {seal.stream: (seal.number, bytes(seal.root)) for seal in last}


def _verify(stream: Stream, expected: bytes | None) -> list[Finding]:
    name = stream.name
    statement = _ROWS.format(table=stream.table, digest=digest_sql(stream))
    found = {row[0]: row[1:] for row in bulk.fetch(statement)}
    key = tenant_key(current_tenant(), "seal")
    previous, number, roots = NO_SEAL, 0, set()
    findings = []
    for seal in Seal.objects.filter(stream=name).order_by("number").iterator():
        number += 1
        if seal.number != number:
            findings.append(Finding(name, number, "a seal is missing"))
            number = seal.number
        rows = found.pop(seal.number, None)
        if seal.pruned_at is None:
            findings += _compare(seal, rows, key, previous)
        previous = bytes(seal.root)
        roots.add(previous)
    findings += [
        Finding(name, slice_number, "rows that no seal knows", f"{first}-{last}")
        for slice_number, (_count, first, last, _digest) in sorted(found.items())
    ]
    if expected is not None and expected not in roots:
        findings.append(Finding(name, 0, "the root kept elsewhere is not in the chain"))
    return findings + _waiting(stream)


def _compare(
    seal: Seal, rows: tuple[int, int, int, bytes] | None, key: bytes, previous: bytes
) -> list[Finding]:
    place = f"{seal.first_id}-{seal.last_id}"
    if rows is None:
        return [Finding(seal.stream, seal.number, "all rows are gone", place)]
    count, _first, _last, digest = rows
    if count != seal.count:
        kind = "rows are gone" if count < seal.count else "rows were added"
        return [Finding(seal.stream, seal.number, kind, f"{count} of {seal.count}, {place}")]
    root = root_of(key, f"{seal.stream}|{seal.number}|{count}", previous, bytes(digest))
    if root != bytes(seal.root):
        return [Finding(seal.stream, seal.number, "rows or the chain were changed", place)]
    return []


def _waiting(stream: Stream) -> list[Finding]:
    statement = _WAITING.format(table=stream.table, at=f"t.{stream.at}")
    [(count, first, last)] = bulk.fetch(statement, [clock.now() - PATIENCE])
    if not count:
        return []
    return [Finding(stream.name, 0, "not sealed for a long time", f"{count}, {first}-{last}")]
