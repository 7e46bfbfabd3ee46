"""The one door for consents that are brought to us. A stop is stronger than any older consent."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from cvm_platform.common import bulk, clock
from tenants.privacy import recording_sql as sql
from tenants.privacy.contracts import (
    AD_PERMISSION,
    PD_CONSENT,
    PROMOTION_PURPOSES,
    PROOFS_FOR,
    REASONS,
    SEPARATE_SINCE,
    WHOLE_STOPS,
    ConsentReport,
    ConsentRow,
    Doubt,
    StopKind,
)
from tenants.privacy.models import AdPermission, ConsentRecord, StopEvent, Suppression
from tenants.tenancy.selectors import current_tenant

LOCK = "consents"
Key = tuple[Any, ...]


class _Ledger:
    """What is known about the keys of one batch, and what the batch adds."""

    def __init__(
        self, known: Mapping[Key, list[tuple[int, str, datetime, datetime | None]]]
    ) -> None:
        self.active: dict[Key, tuple[int, datetime]] = {}
        self.stopped: dict[Key, datetime] = {}
        self.doubted: dict[Key, set[datetime]] = {}
        for key, records in known.items():
            for pk, status, given_at, stopped_at in records:
                if status == "ACTIVE":
                    self.active[key] = (pk, given_at)
                elif stopped_at:
                    self.stop(key, stopped_at)
                elif status in {"INVALIDATED", "PENDING"}:
                    self.doubted.setdefault(key, set()).add(given_at)
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
            if active or (stopped and stopped >= row.given_at) or self._known_doubt(key, row):
                self.kept += 1
                return
            self.new.append((row, True))
            if not doubt_of(row):
                self.active[key] = (0, row.given_at)
        elif (stopped and stopped >= row.withdrawn_at) or (active and active[1] > row.withdrawn_at):
            self.kept += 1
        else:
            self._withdraw(key, row, active)

    def _known_doubt(self, key: Key, row: ConsentRow) -> bool:
        """The same unproved row again; with a proof at last it is news."""
        if not doubt_of(row):
            return False
        known = self.doubted.setdefault(key, set())
        if row.given_at in known:
            return True
        known.add(row.given_at)
        return False

    def _withdraw(self, key: Key, row: ConsentRow, active: tuple[int, datetime] | None) -> None:
        if active and active[0]:
            self.ended[active[0]] = row
        else:  # given and withdrawn before we ever saw it, or earlier in this batch
            if active:
                self.new = [entry for entry in self.new if key_of(entry[0]) != key or not entry[1]]
            self.new.append((row, False))
        self.active.pop(key, None)
        self.stop(key, row.withdrawn_at or row.given_at)
        self.stops.append(row)


def key_of(row: ConsentRow) -> Key:
    if row.document == PD_CONSENT:
        return (row.customer_id, row.purpose)
    return (row.customer_id, row.channel, row.address_hmac)


def doubt_of(row: ConsentRow) -> str:
    """Why the row is no permission: a code of `Doubt`, "" for one that counts."""
    if row.proof is None:
        return Doubt.NO_EVIDENCE
    if row.proof.doubt:
        return row.proof.doubt
    if row.document == AD_PERMISSION and row.method not in PROOFS_FOR.get(row.channel, ()):
        return Doubt.UNVERIFIED
    return ""


def legacy(row: ConsentRow) -> bool:
    """Given when consents could still hide in other documents (before 156-FZ was in force)."""
    return row.given_at < SEPARATE_SINCE


def _known_consents(rows: Sequence[ConsentRow]) -> _Ledger:
    found: dict[Key, list[tuple[int, str, datetime, datetime | None]]] = {}
    records = ConsentRecord.objects.filter(customer_id__in={row.customer_id for row in rows})
    for pk, customer_id, purpose, status, given_at, withdrawn_at in records.values_list(
        "pk", "customer_id", "purpose", "status", "given_at", "withdrawn_at"
    ):
        found.setdefault((customer_id, purpose), []).append((pk, status, given_at, withdrawn_at))
    ledger = _Ledger(found)
    _heed_whole_stops(ledger, rows)
    return ledger


def _known_permissions(rows: Sequence[ConsentRow]) -> _Ledger:
    found: dict[Key, list[tuple[int, str, datetime, datetime | None]]] = {}
    records = AdPermission.objects.filter(customer_id__in={row.customer_id for row in rows})
    for pk, customer_id, channel, hmac, status, given_at, revoked_at in records.values_list(
        "pk", "customer_id", "channel", "address_hmac", "status", "given_at", "revoked_at"
    ):
        key = (customer_id, channel, bytes(hmac))
        found.setdefault(key, []).append((pk, status, given_at, revoked_at))
    ledger = _Ledger(found)
    stops = Suppression.objects.filter(address_hmac__in={row.address_hmac for row in rows})
    since = {
        (channel, bytes(hmac)): at
        for channel, hmac, at in stops.values_list("channel", "address_hmac", "since")
    }
    for row in rows:
        at = since.get((row.channel, row.address_hmac))
        if at:
            ledger.stop(key_of(row), at)
    _heed_whole_stops(ledger, rows)
    return ledger


def _heed_whole_stops(ledger: _Ledger, rows: Sequence[ConsentRow]) -> None:
    """Who told us to stop altogether did so for addresses that we hear of only now, too."""
    found = StopEvent.objects.filter(
        customer_id__in={row.customer_id for row in rows}, kind__in=WHOLE_STOPS
    )
    stops: dict[int | None, list[tuple[list[str], datetime]]] = {}
    for customer_id, purposes, at in found.values_list("customer_id", "purposes", "received_at"):
        stops.setdefault(customer_id, []).append((purposes, at))
    for row in rows:
        for purposes, at in stops.get(row.customer_id, ()):
            named = {row.purpose} if row.document == PD_CONSENT else PROMOTION_PURPOSES
            if not purposes or named.intersection(purposes):
                ledger.stop(key_of(row), at)


def _write_consents(rows: Sequence[ConsentRow]) -> _Ledger:
    ledger = _known_consents(rows)
    for row in rows:
        ledger.take(key_of(row), row)
    _end(sql.END_CONSENTS, ledger)
    new = [_consent(row, active=active) for row, active in ledger.new]
    bulk.run(
        sql.INSERT_CONSENTS,
        [*bulk.columns_of(new, sql.WIDTH_CONSENT), clock.now()],
    )
    return ledger


def _write_permissions(rows: Sequence[ConsentRow]) -> _Ledger:
    ledger = _known_permissions(rows)
    for row in rows:
        ledger.take(key_of(row), row)
    _end(sql.END_PERMISSIONS, ledger)
    new = [_permission(row, active=active) for row, active in ledger.new]
    bulk.run(
        sql.INSERT_PERMISSIONS,
        [*bulk.columns_of(new, sql.WIDTH_PERMISSION), clock.now()],
    )
    _suppress(ledger.stops)
    return ledger


def _end(statement: str, ledger: _Ledger) -> None:
    if ledger.ended:
        rows = [(pk, row.withdrawn_at, row.source) for pk, row in ledger.ended.items()]
        bulk.run(statement, [*bulk.columns_of(rows, 3), clock.now()])


def _consent(row: ConsentRow, *, active: bool) -> tuple[Any, ...]:
    doubt = doubt_of(row) if active else ""
    status = ConsentRecord.Status
    chosen = status.INVALIDATED if doubt else status.ACTIVE if active else status.WITHDRAWN
    proof = row.proof
    return (
        row.customer_id, row.purpose, chosen, doubt, row.given_at, row.withdrawn_at,
        proof.expires_at if proof else None, row.source, _details(row),
        proof.text_id if proof else None, proof.evidence_id if proof else None, row.batch,
    )  # fmt: skip


def _permission(row: ConsentRow, *, active: bool) -> tuple[Any, ...]:
    doubt = doubt_of(row) if active else ""
    status = AdPermission.Status
    chosen: str = status.ACTIVE if active else status.REVOKED
    if doubt:
        chosen = status.PENDING if doubt == Doubt.UNVERIFIED else status.INVALIDATED
    proof, verified = row.proof, row.method in PROOFS_FOR.get(row.channel, ())
    scope = {"brands": proof.brands if proof else (), "topics": proof.topics if proof else ()}
    return (
        row.customer_id, row.channel, row.address_hmac, chosen, doubt,
        row.method if verified else "NONE", row.given_at if verified else None, row.given_at,
        proof.expires_at if proof else None, row.withdrawn_at,
        "" if active else row.source[:20], _details(row), json.dumps(scope, ensure_ascii=False),
        proof.text_id if proof else None, proof.evidence_id if proof else None, row.batch,
    )  # fmt: skip


def _details(row: ConsentRow) -> str:
    known = {**row.details, "method": row.method, "source": row.source}
    return json.dumps(known, ensure_ascii=False)


def _suppress(rows: Sequence[ConsentRow]) -> None:
    """A permission withdrawn elsewhere stops us too, and is on record as a stop."""
    now = clock.now()
    Suppression.objects.bulk_create(
        [
            Suppression(channel=row.channel, address_hmac=row.address_hmac,
                        reason=REASONS[StopKind.CHANNEL_UNSUBSCRIBE],
                        since=row.withdrawn_at or now)
            for row in rows
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    StopEvent.objects.bulk_create(
        StopEvent(customer_id=row.customer_id, kind=StopKind.CHANNEL_UNSUBSCRIBE,
                  channel=row.channel, source="IMPORT", received_at=row.withdrawn_at or now,
                  effective_at=now, details=dict(row.details))
        for row in rows
    )  # fmt: skip


def record_consents(*, rows: Sequence[ConsentRow]) -> ConsentReport:
    """Writes consents, permissions and withdrawals in one transaction; repeating changes nothing.

    A consent older than a known stop is not taken up again. What comes without proof is kept, in
    doubt, and permits nothing (152-FZ, article 9(3): the operator proves). Call it with some
    thousands of rows.
    """
    current_tenant()
    ordered = sorted(rows, key=lambda row: row.withdrawn_at or row.given_at)
    with transaction.atomic():
        bulk.lock_tenant(LOCK)
        ledgers = [
            _write_consents([row for row in ordered if row.document == PD_CONSENT]),
            _write_permissions([row for row in ordered if row.document == AD_PERMISSION]),
        ]
    new = [row for ledger in ledgers for row, active in ledger.new if active]
    return ConsentReport(
        added=len(new),
        withdrawn=sum(len(ledger.stops) for ledger in ledgers),
        kept=sum(ledger.kept for ledger in ledgers),
        unproved=sum(bool(doubt_of(row)) for row in new),
    )
