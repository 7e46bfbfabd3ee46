"""Reading what a result is made of, and the results themselves."""

from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from campaigns.broadcasts.models import Broadcast
from campaigns.experiments.models import Layer
from campaigns.results.models import BroadcastResult

_REACTIONS = """
SELECT count(DISTINCT customer_id) FILTER (WHERE kind = 'bounce'),
       count(DISTINCT customer_id) FILTER (WHERE kind = 'open' AND NOT bot),
       count(DISTINCT customer_id) FILTER (WHERE kind = 'click' AND NOT bot),
       count(DISTINCT customer_id) FILTER (WHERE kind = 'unsubscribe'),
       count(*) FILTER (WHERE kind = 'open' AND bot),
       count(*) FILTER (WHERE kind = 'click' AND bot)
FROM (SELECT customer_id, kind, properties ?| ARRAY['robot', 'prefetch'] AS bot
      FROM events_event
      WHERE kind IN ('open', 'click', 'unsubscribe', 'bounce') AND subject_id = %(dispatch)s
        AND ts >= %(start)s) AS reaction
"""
_ORDERED = """
SELECT count(DISTINCT m.customer_id) FROM delivery_message m
JOIN events_order o ON o.customer_id = m.customer_id AND o.ts >= %(start)s AND o.ts < %(end)s
     AND o.kind = 'sale' AND o.status = 'paid'
WHERE m.dispatch_id = %(dispatch)s AND m.state = 'sent'
"""
_CONTAMINATED = """
SELECT count(DISTINCT a.customer_id) FROM experiments_assignment a
JOIN delivery_message m ON m.customer_id = a.customer_id AND m.dispatch_id = %(dispatch)s
     AND m.state IN ('sent', 'ambiguous')
WHERE a.layer_id = %(layer)s AND a.arm = 'control'
"""
_MONTHS = """
SELECT date_trunc('month', ts AT TIME ZONE %(zone)s)::date, sum(revenue), sum(margin),
       count(*) FILTER (WHERE kind = 'sale'), count(DISTINCT customer_id),
       bool_or(is_margin_assumed)
FROM events_order WHERE status = 'paid' AND ts >= %(since)s GROUP BY 1 ORDER BY 1
"""
_BASE = """
SELECT (SELECT count(*) FROM customers_customer WHERE status = 'active'),
       (SELECT count(*) FROM events_customerstats WHERE orders > 0),
       (SELECT count(DISTINCT p.customer_id) FROM privacy_adpermission p
        JOIN privacy_consentrecord c ON c.customer_id = p.customer_id
             AND c.purpose = 'PROMO_DIRECT' AND c.status = 'ACTIVE'
        WHERE p.status = 'ACTIVE' AND p.verified_at IS NOT NULL),
       (SELECT max(ts) FROM events_order),
       (SELECT coalesce(sum(revenue), 0) FROM events_order
        WHERE status = 'paid' AND ts >= %(since)s AND ts < %(now)s),
       (SELECT coalesce(sum(margin), 0) FROM events_order
        WHERE status = 'paid' AND ts >= %(since)s AND ts < %(now)s)
"""


def _row(sql: str, params: dict[str, Any]) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return tuple(cursor.fetchone() or ())


def funnel_of(dispatch_id: int, sent: int, start: datetime, end: datetime) -> dict[str, int]:
    """People at each step of the message; robots' opens and clicks are counted apart."""
    params = {"dispatch": dispatch_id, "start": start, "end": end}
    bounced, opened, clicked, left, bot_opens, bot_clicks = _row(_REACTIONS, params)
    (ordered,) = _row(_ORDERED, params)
    return {
        "sent": sent, "delivered": sent - bounced, "opened": opened, "clicked": clicked,
        "ordered": ordered, "unsubscribed": left, "bot_opens": bot_opens,
        "bot_clicks": bot_clicks,
    }  # fmt: skip


def contaminated(layer_id: int, dispatch_id: int) -> int:
    """Control customers who were written to by this very dispatch."""
    (count,) = _row(_CONTAMINATED, {"layer": layer_id, "dispatch": dispatch_id})
    return int(count)


def months_of_sales(zone: str, since: datetime) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(_MONTHS, {"zone": zone, "since": since})
        rows = cursor.fetchall()
    return [
        {"month": month, "revenue": int(revenue), "margin": int(margin), "orders": orders,
         "buyers": buyers, "is_margin_assumed": assumed}
        for month, revenue, margin, orders, buyers, assumed in rows
    ]  # fmt: skip


def base_facts(now: datetime, since: datetime) -> dict[str, Any]:
    customers, buyers, reachable, last_order_at, revenue, margin = _row(
        _BASE, {"now": now, "since": since}
    )
    return {
        "customers": customers, "buyers": buyers, "reachable": reachable,
        "last_order_at": last_order_at, "revenue": int(revenue), "margin": int(margin),
    }  # fmt: skip


def latest_result(broadcast: Broadcast) -> BroadcastResult | None:
    return BroadcastResult.objects.filter(broadcast=broadcast).order_by("-version").first()


def latest_results() -> QuerySet[BroadcastResult]:
    """The newest version of every broadcast's result, newest campaigns first."""
    return (
        BroadcastResult.objects.select_related("broadcast")
        .order_by("-broadcast__assigned_at", "broadcast_id", "-version")
        .distinct("broadcast__assigned_at", "broadcast_id")
    )


def global_layer() -> Layer | None:
    return Layer.objects.filter(code="global", closed_at__isnull=True).order_by("-version").first()
