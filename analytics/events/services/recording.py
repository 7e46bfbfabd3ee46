"""Events from outside: de-duplicated, checked, written, and counted into the rollups."""

from collections.abc import Sequence
from datetime import UTC
from typing import Any

import msgspec
from django.db import transaction

from analytics.events.contracts import ORDER_KINDS, IngestReport, NewEvent
from analytics.events.partitions import existing_months
from analytics.events.services import stats
from analytics.events.services.notifying import tell_subscribers
from analytics.events.services.quarantine import quarantine
from cvm_platform.common import bulk
from tenants.tenancy.selectors import current_tenant

_STAGE = "stage_event"
_COLUMNS = ("customer_id", "ts", "kind", "subject_id", "category", "amount", "properties", "key",
            "event_id")  # fmt: skip
_CREATE = (
    f"CREATE TEMP TABLE {_STAGE} (customer_id bigint, ts timestamptz, kind text,"
    " subject_id bigint, category text, amount bigint, properties jsonb, key text, event_id uuid)"
    " ON COMMIT DROP"
)
# A key seen before, or twice here, drops the event. Keys of one call are taken in their order, so
# that two calls at once wait for each other instead of locking each other out.
_DROP_REPEATED = f"""
WITH fresh AS (
    INSERT INTO events_eventkey (source, key)
    SELECT DISTINCT %(source)s, key FROM {_STAGE} WHERE key IS NOT NULL ORDER BY key
    ON CONFLICT DO NOTHING RETURNING key
), firsts AS (
    SELECT DISTINCT ON (s.key) s.ctid AS row FROM {_STAGE} s JOIN fresh f ON f.key = s.key
    ORDER BY s.key, s.ctid
)
DELETE FROM {_STAGE} s WHERE s.key IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM firsts f WHERE f.row = s.ctid)
"""
_INSERT = f"""
INSERT INTO events_event (customer_id, ts, event_id, kind, subject_id, category, amount,
    properties, source)
SELECT customer_id, ts, coalesce(event_id, gen_random_uuid()), kind, subject_id, category, amount,
    properties, %(source)s
FROM {_STAGE} ORDER BY customer_id, ts
ON CONFLICT DO NOTHING
"""
_encode = msgspec.json.Encoder().encode


def record_events(*, events: Sequence[NewEvent], source: str) -> IngestReport:
    """Writes events and their rollups in one transaction; tells the subscribers on commit.

    An event of an unknown person, of a month that has no partition, or of an order (those have
    their own door) goes to quarantine with the reason. Call it with some thousands at a time.
    """
    current_tenant()
    with transaction.atomic():
        good, rejected = _sift(events)
        for reason, items in rejected.items():
            quarantine(source, reason, [(event, "") for event in items])
        added, touched = _write(good, source) if good else (0, [])
    tell_subscribers(touched, frozenset(event.kind for event in good) if added else frozenset())
    return IngestReport(
        received=len(events), added=added, repeated=len(good) - added, customers=len(touched),
        rejected={reason: len(items) for reason, items in rejected.items()},
    )  # fmt: skip


def _sift(events: Sequence[NewEvent]) -> tuple[list[NewEvent], dict[str, list[NewEvent]]]:
    ids = list({event.customer_id for event in events})
    known = {
        row[0] for row in bulk.fetch("SELECT id FROM customers_person WHERE id = ANY(%s)", [ids])
    }
    months = {(month.year, month.month) for month in existing_months()}
    good: list[NewEvent] = []
    rejected: dict[str, list[NewEvent]] = {}
    for event in events:
        reason = _fault(event, known, months)
        if reason:
            rejected.setdefault(reason, []).append(event)
        else:
            good.append(event)
    return good, rejected


def _fault(event: NewEvent, known: set[int], months: set[tuple[int, int]]) -> str:
    if event.customer_id not in known:
        return "unknown_customer"
    if event.kind in ORDER_KINDS:
        return "use_orders"
    if event.ts.tzinfo is None:
        return "no_time_zone"
    day = event.ts.astimezone(UTC)
    return "" if (day.year, day.month) in months else "out_of_range"


def _row(event: NewEvent) -> tuple[Any, ...]:
    properties = _encode(event.properties).decode() if event.properties else "{}"
    return (
        event.customer_id, event.ts, event.kind, event.subject_id, event.category, event.amount,
        properties, event.key or None, event.event_id,
    )  # fmt: skip


def _write(events: Sequence[NewEvent], source: str) -> tuple[int, list[int]]:
    bulk.run(f"DROP TABLE IF EXISTS pg_temp.{_STAGE}")
    bulk.run(_CREATE)
    bulk.copy_rows(_STAGE, _COLUMNS, map(_row, events))
    if any(event.key for event in events):
        bulk.run(_DROP_REPEATED, {"source": source})
    added = bulk.run(_INSERT, {"source": source})
    stats.add_event_stats(_STAGE)
    touched = bulk.fetch(f"SELECT DISTINCT customer_id FROM {_STAGE} ORDER BY 1")
    return added, [row[0] for row in touched]
