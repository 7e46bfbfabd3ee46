"""The one door for consents and stops. A stop is stronger than any older consent."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from cvm_platform.common import bulk, clock
from tenants.privacy.contracts import (
    AD_PERMISSION,
    PD_CONSENT,
    REASONS,
    SENDABLE_PROOFS,
    ConsentReport,
    ConsentRow,
)
from tenants.privacy.models import AdPermission, ConsentRecord, StopEvent, Suppression
from tenants.tenancy.selectors import current_tenant

_LOCK = "consents"
# arrays instead of models: an import brings some hundred thousand documents
_INSERT_CONSENTS = """
INSERT INTO privacy_consentrecord (public_id, customer_id, purpose, status, given_at,
    withdrawn_at, source, evidence)
SELECT uuidv7(), u.* FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::timestamptz[],
    %s::timestamptz[], %s::text[], %s::jsonb[]) AS u
"""
_INSERT_PERMISSIONS = """
INSERT INTO privacy_adpermission (public_id, customer_id, channel, address_hmac, status,
    identity_proof, verified_at, given_at, revoked_at, revoke_source, evidence)
SELECT uuidv7(), u.* FROM unnest(%s::bigint[], %s::text[], %s::bytea[], %s::text[], %s::text[],
    %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::text[], %s::jsonb[]) AS u
"""
Key = tuple[Any, ...]


class _Ledger:
    """What is known about the keys of one batch, and what the batch adds."""

    def __init__(
        self, known: Mapping[Key, list[tuple[int, bool, datetime, datetime | None]]]
    ) -> None:
        self.active: dict[Key, tuple[int, datetime]] = {}
        self.stopped: dict[Key, datetime] = {}
        for key, records in known.items():
            for pk, is_active, given_at, stopped_at in records:
                if is_active:
                    self.active[key] = (pk, given_at)
                elif stopped_at:
                    self.stop(key, stopped_at)
        self.new: list[tuple[ConsentRow, bool]] = []
        self.ended: dict[int, ConsentRow] = {}
        self.stops: list[ConsentRow] = []
        self.kept = 0

    def stop(self, key: Key, at: datetime) -> None:
        self.stopped[key] = max(at, self.stopped.get(key, at))

    def take(self, key: Key, row: ConsentRow) -> None:
        active = self.active.get(key)
        stopped = self.stopped.get(key)
        if row.withdrawn_at is None:
            if active or (stopped and stopped >= row.given_at):
                self.kept += 1
                return
            self.new.append((row, True))
            self.active[key] = (0, row.given_at)
        elif (stopped and stopped >= row.withdrawn_at) or (active and active[1] > row.withdrawn_at):
            self.kept += 1
        else:
            self._withdraw(key, row, active)

    def _withdraw(self, key: Key, row: ConsentRow, active: tuple[int, datetime] | None) -> None:
        if active and active[0]:
            self.ended[active[0]] = row
        else:  # given and withdrawn before we ever saw it, or earlier in this batch
            if active:
                self.new = [entry for entry in self.new if _key(entry[0]) != key or not entry[1]]
            self.new.append((row, False))
        self.active.pop(key, None)
        self.stop(key, row.withdrawn_at or row.given_at)
        self.stops.append(row)


def _key(row: ConsentRow) -> Key:
    if row.document == PD_CONSENT:
        return (row.customer_id, row.purpose)
    return (row.customer_id, row.channel, row.address_hmac)


def _known_consents(rows: Sequence[ConsentRow]) -> _Ledger:
    found: dict[Key, list[tuple[int, bool, datetime, datetime | None]]] = {}
    records = ConsentRecord.objects.filter(customer_id__in={row.customer_id for row in rows})
    for pk, customer_id, purpose, status, given_at, withdrawn_at in records.values_list(
        "pk", "customer_id", "purpose", "status", "given_at", "withdrawn_at"
    ):
        is_active = status == ConsentRecord.Status.ACTIVE
        found.setdefault((customer_id, purpose), []).append((pk, is_active, given_at, withdrawn_at))
    return _Ledger(found)


def _known_permissions(rows: Sequence[ConsentRow]) -> _Ledger:
    found: dict[Key, list[tuple[int, bool, datetime, datetime | None]]] = {}
    records = AdPermission.objects.filter(customer_id__in={row.customer_id for row in rows})
    for pk, customer_id, channel, hmac, status, given_at, revoked_at in records.values_list(
        "pk", "customer_id", "channel", "address_hmac", "status", "given_at", "revoked_at"
    ):
        key = (customer_id, channel, bytes(hmac))
        is_active = status == AdPermission.Status.ACTIVE
        found.setdefault(key, []).append((pk, is_active, given_at, revoked_at))
    ledger = _Ledger(found)
    stops = Suppression.objects.filter(address_hmac__in={row.address_hmac for row in rows})
    since = {
        (channel, bytes(hmac)): at
        for channel, hmac, at in stops.values_list("channel", "address_hmac", "since")
    }
    for row in rows:
        at = since.get((row.channel, row.address_hmac))
        if at:
            ledger.stop(_key(row), at)
    return ledger


def _write_consents(rows: Sequence[ConsentRow]) -> _Ledger:
    ledger = _known_consents(rows)
    for row in rows:
        ledger.take(_key(row), row)
    for pk, row in ledger.ended.items():
        ConsentRecord.objects.filter(pk=pk).update(
            status=ConsentRecord.Status.WITHDRAWN, withdrawn_at=row.withdrawn_at
        )
    bulk.run(
        _INSERT_CONSENTS,
        bulk.columns_of(
            [
                (row.customer_id, row.purpose,
                 ConsentRecord.Status.ACTIVE if active else ConsentRecord.Status.WITHDRAWN,
                 row.given_at, row.withdrawn_at, row.source, _evidence(row))
                for row, active in ledger.new
            ],
            7,
        ),
    )  # fmt: skip
    return ledger


def _write_permissions(rows: Sequence[ConsentRow]) -> _Ledger:
    ledger = _known_permissions(rows)
    for row in rows:
        ledger.take(_key(row), row)
    for pk, row in ledger.ended.items():
        AdPermission.objects.filter(pk=pk).update(
            status=AdPermission.Status.REVOKED, revoked_at=row.withdrawn_at,
            revoke_source=row.source[:20],
        )  # fmt: skip
    bulk.run(
        _INSERT_PERMISSIONS,
        bulk.columns_of([_permission(row, active=active) for row, active in ledger.new], 10),
    )
    _suppress(ledger.stops)
    return ledger


def _permission(row: ConsentRow, *, active: bool) -> tuple[Any, ...]:
    proven = row.method in SENDABLE_PROOFS
    return (
        row.customer_id, row.channel, row.address_hmac,
        AdPermission.Status.ACTIVE if active else AdPermission.Status.REVOKED,
        row.method if proven else "NONE", row.given_at if proven else None, row.given_at,
        row.withdrawn_at, "" if active else row.source[:20], _evidence(row),
    )  # fmt: skip


def _evidence(row: ConsentRow) -> str:
    return json.dumps({**row.evidence, "method": row.method}, ensure_ascii=False)


def _suppress(rows: Sequence[ConsentRow]) -> None:
    """A permission withdrawn elsewhere stops us too, and is on record as a stop."""
    now = clock.now()
    Suppression.objects.bulk_create(
        [
            Suppression(channel=row.channel, address_hmac=row.address_hmac,
                        reason=REASONS["IMPORTED_WITHDRAWAL"], since=row.withdrawn_at or now)
            for row in rows
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    StopEvent.objects.bulk_create(
        StopEvent(customer_id=row.customer_id, kind="CHANNEL_UNSUBSCRIBE", channel=row.channel,
                  source="IMPORT", received_at=row.withdrawn_at or now, effective_at=now,
                  details=dict(row.evidence))
        for row in rows
    )  # fmt: skip


def record_consents(*, rows: Sequence[ConsentRow]) -> ConsentReport:
    """Writes consents, permissions and withdrawals in one transaction; repeating changes nothing.

    A consent older than a known stop is not taken up again. Call it with some thousands of rows.
    """
    current_tenant()
    ordered = sorted(rows, key=lambda row: row.withdrawn_at or row.given_at)
    with transaction.atomic():
        bulk.lock_tenant(_LOCK)
        ledgers = [
            _write_consents([row for row in ordered if row.document == PD_CONSENT]),
            _write_permissions([row for row in ordered if row.document == AD_PERMISSION]),
        ]
    return ConsentReport(
        added=sum(active for ledger in ledgers for _row, active in ledger.new),
        withdrawn=sum(len(ledger.stops) for ledger in ledgers),
        kept=sum(ledger.kept for ledger in ledgers),
    )


def stop_channel(
    *,
    customer_id: int | None,
    channel: str,
    address_hmac: bytes,
    source: str,
    kind: str = "CHANNEL_UNSUBSCRIBE",
    details: Mapping[str, Any] | None = None,
) -> bool:
    """Somebody said stop: the permission ends and the address is suppressed, at once.

    The gate reads both in the statement that claims a message, so the next message is already
    held back. Saying stop twice is one stop.

    Args:
        source: ONE_CLICK, LINK, FBL, API, STAFF, BOUNCE.
        kind: of the stop event, one of the keys of `contracts.REASONS`.

    Returns:
        Whether this was news.
    """
    current_tenant()
    now = clock.now()
    with transaction.atomic():
        revoked = AdPermission.objects.filter(
            channel=channel, address_hmac=address_hmac, status=AdPermission.Status.ACTIVE
        ).update(status=AdPermission.Status.REVOKED, revoked_at=now, revoke_source=source[:20])
        added = bulk.run(
            "INSERT INTO privacy_suppression (channel, address_hmac, reason, since) "
            "VALUES (%s, %s, %s, %s) ON CONFLICT (channel, address_hmac, reason) DO NOTHING",
            [channel, address_hmac, REASONS.get(kind, kind.lower()[:40]), now],
        )
        if not (revoked or added):
            return False
        StopEvent.objects.create(
            customer_id=customer_id, kind=kind, channel=channel, source=source[:20],
            received_at=now, effective_at=now, details=dict(details or {}),
        )  # fmt: skip
    return True
