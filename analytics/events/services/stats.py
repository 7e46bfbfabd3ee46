"""The rollups: one row a customer, always equal to what a recomputation would give."""

from analytics.events.contracts import FIRST_MONTH, MONTH_BITS, NOT_OWN_KINDS
from cvm_platform.common import bulk

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
GROUP BY t.customer_id
ON CONFLICT (customer_id) DO UPDATE SET first_order_at = excluded.first_order_at,
    last_order_at = excluded.last_order_at, orders = excluded.orders,
    revenue = excluded.revenue, margin = excluded.margin, returns = excluded.returns,
    items = excluded.items, order_months = excluded.order_months,
    active_months = s.active_months | excluded.active_months, updated_at = now()
"""

_EVENT_STATS = f"""
INSERT INTO events_customerstats AS s (customer_id, orders, revenue, margin, returns, items,
    last_visit_at, last_sent_at, last_open_at, last_click_at, order_months, active_months,
    updated_at)
SELECT customer_id, 0, 0, 0, 0, 0, max(ts) FILTER (WHERE kind = 'visit'),
    max(ts) FILTER (WHERE kind = 'sent'), max(ts) FILTER (WHERE kind = 'open'),
    max(ts) FILTER (WHERE kind = 'click'), 0,
    coalesce(bit_or({month_mask("ts")}) FILTER (WHERE kind NOT IN ({_NOT_OWN})), 0), now()
FROM {{events}} GROUP BY customer_id ORDER BY customer_id
ON CONFLICT (customer_id) DO UPDATE SET
    last_visit_at = greatest(s.last_visit_at, excluded.last_visit_at),
    last_sent_at = greatest(s.last_sent_at, excluded.last_sent_at),
    last_open_at = greatest(s.last_open_at, excluded.last_open_at),
    last_click_at = greatest(s.last_click_at, excluded.last_click_at),
    active_months = s.active_months | excluded.active_months, updated_at = now()
WHERE excluded.last_visit_at > coalesce(s.last_visit_at, '-infinity')
   OR excluded.last_sent_at > coalesce(s.last_sent_at, '-infinity')
   OR excluded.last_open_at > coalesce(s.last_open_at, '-infinity')
   OR excluded.last_click_at > coalesce(s.last_click_at, '-infinity')
   OR s.active_months | excluded.active_months <> s.active_months
"""

_ACTIVE_MONTHS = f"""
UPDATE events_customerstats s SET active_months = coalesce((
    SELECT bit_or({month_mask("e.ts")}) FROM events_event e
    WHERE e.customer_id = s.customer_id AND e.kind NOT IN ({_NOT_OWN})), 0)
WHERE s.customer_id IN (SELECT customer_id FROM {{touched}})
"""


def refresh_order_stats(touched: str) -> None:
    """From the orders, for the customers in the temporary table `touched`. Adds active months."""
    bulk.run(_ORDER_STATS.format(touched=touched))


def event_stats_sql(events: str) -> str:
    """The statement that counts new events in: a table (customer_id, ts, kind), or a CTE of one."""
    return _EVENT_STATS.format(events=events)


def refresh_active_months(touched: str) -> None:
    """From all events: needed when an event was taken back and its bit may have to go."""
    bulk.run(_ACTIVE_MONTHS.format(touched=touched))


def rebuild_stats() -> int:
    """All rollups from the orders and events; for repair and as the yardstick of the tests."""
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
    bulk.run(event_stats_sql("events_event"))
    refresh_active_months("all_touched")
    (count,) = bulk.fetch("SELECT count(*) FROM all_touched")[0]
    bulk.run("DROP TABLE all_touched")
    return int(count)
