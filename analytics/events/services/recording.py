"""Events from outside: de-duplicated, checked, written, and counted into the rollups."""

from collections.abc import Sequence
from datetime import UTC

import msgspec
from django.db import transaction

from analytics.events.contracts import ORDER_KINDS, IngestReport, NewEvent
from analytics.events.partitions import existing_months
from analytics.events.services import stats
from analytics.events.services.notifying import tell_subscribers
from analytics.events.services.quarantine import quarantine
from cvm_platform.common import bulk
from tenants.tenancy.selectors import current_tenant

# Keys are taken in their order, so that two calls at once wait for each other instead of locking
# each other out.
_TAKE_KEYS = """
INSERT INTO events_eventkey (source, key)
SELECT %s, key FROM unnest(%s::text[]) AS key ORDER BY key
ON CONFLICT DO NOTHING RETURNING key
"""
# One document and one statement: a temporary table for every thousand costs as much as they do.
_WRITE = f"""
WITH fresh AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%s::json) AS e(customer_id bigint, ts timestamptz, kind text,
        subject_id bigint, category text, amount bigint, properties jsonb, event_id uuid)
), added AS (
    INSERT INTO events_event (customer_id, ts, event_id, kind, subject_id, category, amount,
        properties, source)
    SELECT customer_id, ts, coalesce(event_id, gen_random_uuid()), kind, subject_id, category,
        amount, properties, %s
    FROM fresh ORDER BY customer_id, ts
    ON CONFLICT DO NOTHING RETURNING 1
), counted AS ({stats.event_stats_sql("fresh")})
SELECT count(*) FROM added
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


def _fresh(events: Sequence[NewEvent], source: str) -> list[NewEvent]:
    """Events whose key was not seen before; of several with one key, the first."""
    firsts: dict[str, NewEvent] = {}
    for event in events:
        if event.key:
            firsts.setdefault(event.key, event)
    if not firsts:
        return list(events)
    taken = {row[0] for row in bulk.fetch(_TAKE_KEYS, [source, list(firsts)])}
    return [
        event for event in events
        if not event.key or (event.key in taken and firsts[event.key] is event)
    ]  # fmt: skip


def _write(events: Sequence[NewEvent], source: str) -> tuple[int, list[int]]:
    fresh = _fresh(events, source)
    if not fresh:
        return 0, []
    (added,) = bulk.fetch(_WRITE, [_encode(fresh).decode(), source])[0]
    return added, sorted({event.customer_id for event in fresh})
