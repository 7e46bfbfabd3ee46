"""Events from outside: de-duplicated, checked, written, and counted into the rollups."""

import os
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, date, datetime
from operator import attrgetter
from typing import Any

import msgspec
from django.db import transaction

from analytics.events.contracts import ORDER_KINDS, IngestReport, NewEvent
from analytics.events.partitions import months_with_room
from analytics.events.services import stats
from analytics.events.services.notifying import tell_subscribers
from analytics.events.services.quarantine import quarantine
from analytics.events.services.uniqueness import take_keys
from cvm_platform.common import bulk
from tenants.tenancy.selectors import current_tenant

_COLUMNS = (
    "customer_id", "ts", "event_id", "kind", "subject_id", "category", "amount", "properties",
    "source",
)  # fmt: skip
_whose = attrgetter("customer_id")
_encode = msgspec.json.Encoder().encode
# the four bits of the version and the two of the variant (RFC 9562, 5.4)
_VERSION = bytes(0x40 | byte & 0x0F for byte in range(256))
_VARIANT = bytes(0x80 | byte & 0x3F for byte in range(256))


def record_events(
    *, events: Sequence[NewEvent], source: str, known: Collection[int] = ()
) -> IngestReport:
    """Writes events and their rollups in one transaction; tells the subscribers on commit.

    An event of an unknown person, of a month that has no partition, or of an order (those have
    their own door) goes to quarantine with the reason. Call it with some thousands at a time.

    Args:
        events: in any order; of several with one key, the first is taken.
        source: whose keys these are.
        known: ids that the caller has just found among the persons; nobody looks for them again.
    """
    current_tenant()
    with transaction.atomic():
        good, rejected = _sift(events, known)
        for reason, items in rejected.items():
            quarantine(source, reason, [(event, "") for event in items])
        fresh = _fresh(good, source)
        if fresh:
            bulk.copy_rows("events_event", _COLUMNS, _rows(fresh, source))
            stats.count_events(fresh)
    touched = sorted({event.customer_id for event in fresh})
    tell_subscribers(touched, frozenset(event.kind for event in good) if fresh else frozenset())
    return IngestReport(
        received=len(events), added=len(fresh), repeated=len(good) - len(fresh),
        customers=len(touched),
        rejected={reason: len(items) for reason, items in rejected.items()},
    )  # fmt: skip


def _sift(
    events: Sequence[NewEvent], found: Collection[int]
) -> tuple[list[NewEvent], dict[str, list[NewEvent]]]:
    known = _persons({event.customer_id for event in events}, set(found))
    months = [_month(event.ts) for event in events]
    has_room = months_with_room({month for month in months if month is not None})
    good: list[NewEvent] = []
    rejected: dict[str, list[NewEvent]] = {}
    for event, month in zip(events, months, strict=True):
        reason = _fault(event, event.customer_id in known, month in has_room)
        if reason:
            rejected.setdefault(reason, []).append(event)
        else:
            good.append(event)
    return good, rejected


def _persons(ids: set[int], found: set[int]) -> set[int]:
    """Those of `ids` that are persons; `found` are, for certain."""
    doubtful = ids - found
    if not doubtful:
        return ids
    rows = bulk.fetch(
        "SELECT id FROM customers_person WHERE id = ANY(%s::bigint[])",
        [bulk.plain_array(doubtful)],
    )
    return found | {row[0] for row in rows}


def _month(ts: datetime) -> date | None:
    """First day of the month in UTC; None for the first and last hours that a calendar has."""
    try:
        moment = ts.astimezone(UTC)
    except OverflowError:
        return None
    return date(moment.year, moment.month, 1)


def _fault(event: NewEvent, is_known: bool, has_room: bool) -> str:
    if not is_known:
        return "unknown_customer"
    if event.kind in ORDER_KINDS:
        return "use_orders"
    if event.ts.tzinfo is None:
        return "no_time_zone"
    return "" if has_room else "out_of_range"


def _fresh(events: Sequence[NewEvent], source: str) -> list[NewEvent]:
    """Events whose key was not seen before; of several with one key, the first."""
    keys = {event.key for event in events if event.key}
    if not keys:
        return list(events)
    untold = take_keys(source, keys)
    fresh = []
    for event in events:
        if not event.key or event.key in untold:
            fresh.append(event)
            untold.discard(event.key)
    return fresh


def _event_ids(count: int) -> Iterator[str]:
    """Random ids (version 4), made together: one call for the randomness of all."""
    noise = bytearray(os.urandom(16 * count))
    noise[6::16] = noise[6::16].translate(_VERSION)
    noise[8::16] = noise[8::16].translate(_VARIANT)
    digits = noise.hex()
    return (digits[start : start + 32] for start in range(0, 32 * count, 32))


def _rows(events: Sequence[NewEvent], source: str) -> Iterator[tuple[Any, ...]]:
    """In the order of the primary key: its pages are visited once each."""
    ordered = sorted(events, key=_whose)
    # all moments in one call: the usual ways take a µs each
    moments = _encode([event.ts.astimezone(UTC) for event in ordered]).decode()[2:-2].split('","')
    for event, ts, event_id in zip(ordered, moments, _event_ids(len(ordered)), strict=True):
        yield (
            event.customer_id, ts, event_id, event.kind, event.subject_id, event.category,
            event.amount, _encode(event.properties).decode(), source,
        )  # fmt: skip
