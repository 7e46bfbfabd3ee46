"""The rollups: one row a customer, always equal to what a recomputation would give."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from analytics.events.contracts import (
    FIRST_MONTH,
    MONTH_BITS,
    NOT_OWN_KINDS,
    NewEvent,
    month_bit,
)
from cvm_platform.common import bulk

_LOCK = "rollups"
_OFFSET = (
    f"((extract(year FROM {{ts}} AT TIME ZONE 'UTC')::int - {FIRST_MONTH.year}) * 12 "
    f"+ extract(month FROM {{ts}} AT TIME ZONE 'UTC')::int - {FIRST_MONTH.month})"
)


def month_mask(ts: str) -> str:
    """SQL of the bit of a month (UTC) for the timestamp expression `ts`."""
    offset = _OFFSET.format(ts=ts)
    return (
        f"CASE WHEN {offset} BETWEEN 0 AND {MONTH_BITS - 1} THEN 1::bigint << {offset} ELSE 0 END"
    )


_NOT_OWN = ", ".join(f"'{kind}'" for kind in NOT_OWN_KINDS)

_ORDER_STATS = f"""
INSERT INTO events_customerstats AS s (customer_id, first_order_at, last_order_at, orders,
    revenue, margin, returns, items, order_months, active_months, updated_at)
SELECT t.customer_id,
    min(o.ts) FILTER (WHERE o.kind = 'sale'), max(o.ts) FILTER (WHERE o.kind = 'sale'),
    count(*) FILTER (WHERE o.kind = 'sale'), coalesce(sum(o.revenue), 0),
    coalesce(sum(o.margin), 0), count(*) FILTER (WHERE o.kind = 'return'),
    coalesce(sum(o.items), 0),
    coalesce(bit_or({month_mask("o.ts")}) FILTER (WHERE o.kind = 'sale'), 0),
    coalesce(bit_or({month_mask("o.ts")}), 0), now()
FROM {{touched}} t
LEFT JOIN events_order o ON o.customer_id = t.customer_id AND o.status = 'paid'
GROUP BY t.customer_id ORDER BY t.customer_id
ON CONFLICT (customer_id) DO UPDATE SET first_order_at = excluded.first_order_at,
    last_order_at = excluded.last_order_at, orders = excluded.orders,
    revenue = excluded.revenue, margin = excluded.margin, returns = excluded.returns,
    items = excluded.items, order_months = excluded.order_months,
    active_months = s.active_months | excluded.active_months, updated_at = now()
"""

# the newest time of these kinds is kept in a column of its own
_NEWEST = {
    "visit": "last_visit_at", "sent": "last_sent_at", "open": "last_open_at",
    "click": "last_click_at",
}  # fmt: skip


def _is_news(new: str, kept: str) -> str:
    """SQL: the sums `new` would change the row `kept`."""
    newer = " OR ".join(
        f"{new}.{name} > coalesce({kept}.{name}, '-infinity')" for name in _NEWEST.values()
    )
    return f"({newer} OR {kept}.active_months | {new}.active_months <> {kept}.active_months)"


_INSERT_EVENTS = f"""
INSERT INTO events_customerstats AS s (customer_id, {", ".join(_NEWEST.values())}, active_months,
    orders, revenue, margin, returns, items, order_months, updated_at)
"""
_ADD_EVENTS = f"""
ON CONFLICT (customer_id) DO UPDATE SET
    {", ".join(f"{name} = greatest(s.{name}, excluded.{name})" for name in _NEWEST.values())},
    active_months = s.active_months | excluded.active_months, updated_at = now()
WHERE {_is_news("excluded", "s")}
"""
_COUNT_EVENTS = f"""
{_INSERT_EVENTS}
SELECT n.customer_id, {", ".join(f"n.{name}" for name in _NEWEST.values())}, n.active_months,
    0, 0, 0, 0, 0, 0, now()
FROM unnest(%s::bigint[], %s::bigint[]{", %s::timestamptz[]" * len(_NEWEST)})
    AS n(customer_id, active_months, {", ".join(_NEWEST.values())})
LEFT JOIN (SELECT * FROM events_customerstats WHERE customer_id = ANY(%s::bigint[])) k
    ON k.customer_id = n.customer_id
WHERE k.customer_id IS NULL OR {_is_news("n", "k")}
ORDER BY n.customer_id
{_ADD_EVENTS}
"""
_COUNTED = """
SELECT count(*) FROM events_customerstats
WHERE customer_id = ANY(%s::bigint[]) AND active_months | %s = active_months
"""
_MASKS = 3  # with more of them, asking first costs more than it spares
_COUNT_ALL_EVENTS = f"""
{_INSERT_EVENTS}
SELECT customer_id,
    {", ".join(f"max(ts) FILTER (WHERE kind = '{kind}')" for kind in _NEWEST)},
    coalesce(bit_or({month_mask("ts")}) FILTER (WHERE kind NOT IN ({_NOT_OWN})), 0),
    0, 0, 0, 0, 0, 0, now()
FROM events_event GROUP BY customer_id
{_ADD_EVENTS}
"""

_ACTIVE_MONTHS = f"""
UPDATE events_customerstats s SET active_months = coalesce((
    SELECT bit_or({month_mask("e.ts")}) FROM events_event e
    WHERE e.customer_id = s.customer_id AND e.kind NOT IN ({_NOT_OWN})), 0)
WHERE s.customer_id IN (SELECT customer_id FROM {{touched}})
"""


def hold_event_counting() -> None:
    """Waits for those who count events in, and makes others wait to the end of the transaction.

    For whoever takes months away: an event counted meanwhile would find its month there, and lose
    it. Before any row of the rollups is locked.
    """
    bulk.lock_tenant(_LOCK)


def refresh_order_stats(touched: str) -> None:
    """From the orders, for the customers in the temporary table `touched`. Adds active months."""
    bulk.run(_ORDER_STATS.format(touched=touched))


def count_events(events: Sequence[NewEvent]) -> None:
    """Counts new events in; customers of whom they tell nothing new are left alone."""
    months: dict[int, int] = {}
    newest: dict[str, dict[int, datetime]] = {kind: {} for kind in _NEWEST}
    for event in events:
        who = event.customer_id
        ts = event.ts.astimezone(UTC)
        bit = 0 if event.kind in NOT_OWN_KINDS else month_bit(ts)
        months[who] = months.get(who, 0) | bit
        last = newest.get(event.kind)
        if last is not None and (who not in last or ts > last[who]):
            last[who] = ts
    bulk.lock_tenant(_LOCK, is_shared=True)
    if not any(newest.values()) and _are_counted(months):
        return
    columns = [[last.get(who) for who in months] if last else [] for last in newest.values()]
    arrays = [bulk.plain_array(values) for values in (months, months.values(), *columns)]
    bulk.run(_COUNT_EVENTS, [*arrays, arrays[0]])


def _are_counted(months: Mapping[int, int]) -> bool:
    """Whether these customers had these months already: usual for all that is no visit."""
    customers: dict[int, list[int]] = {}
    for who, mask in months.items():
        customers.setdefault(mask, []).append(who)
    counted = (
        bulk.fetch(_COUNTED, [bulk.plain_array(ids), mask])[0][0] == len(ids)
        for mask, ids in customers.items()
    )
    return len(customers) <= _MASKS and all(counted)


def refresh_active_months(touched: str) -> None:
    """From all events: needed when an event was taken back and its bit may have to go."""
    bulk.run(_ACTIVE_MONTHS.format(touched=touched))


def rebuild_stats() -> int:
    """All rollups from the orders and events; for repair and as the yardstick of the tests."""
    hold_event_counting()
    bulk.run(
        "CREATE TEMP TABLE all_touched ON COMMIT DROP AS "
        "SELECT customer_id FROM events_customerstats UNION "
        "SELECT customer_id FROM events_order WHERE customer_id IS NOT NULL UNION "
        "SELECT customer_id FROM events_event"
    )
    refresh_order_stats("all_touched")
    bulk.run(
        "UPDATE events_customerstats SET last_visit_at = NULL, last_sent_at = NULL,"
        " last_open_at = NULL, last_click_at = NULL"
    )
    bulk.run(_COUNT_ALL_EVENTS)
    refresh_active_months("all_touched")
    (count,) = bulk.fetch("SELECT count(*) FROM all_touched")[0]
    bulk.run("DROP TABLE all_touched")
    return int(count)
