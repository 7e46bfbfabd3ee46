"""The list of customers: walks an index, so that a page costs the same at any depth and size."""

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from analytics.profiles.contracts import Listing, Row
from cvm_platform.common.errors import InvalidInput

PAGE = 50
EXACT_COUNT_UP_TO = 2_000

# sort → (driving order, its cursor condition); the second key makes the order total
_ORDERS = {
    "revenue": (
        "s.revenue DESC, s.customer_id",
        "(s.revenue <= %(value)s AND (s.revenue < %(value)s OR s.customer_id > %(id)s))",
    ),
    "recent": (
        "s.last_order_at DESC, s.customer_id",
        (
            "(s.last_order_at <= %(value)s AND (s.last_order_at < %(value)s "
            "OR s.customer_id > %(id)s))"
        ),
    ),
    "new": (
        "c.created_at DESC, c.id DESC",
        "(c.created_at <= %(value)s AND (c.created_at < %(value)s OR c.id < %(id)s))",
    ),
}
_REACHABLE = """EXISTS (
    SELECT 1 FROM privacy_adpermission p
    WHERE p.customer_id = c.id AND p.channel = 'EMAIL' AND p.status = 'ACTIVE'
      AND p.verified_at IS NOT NULL
) AND EXISTS (
    SELECT 1 FROM privacy_consentrecord r
    WHERE r.customer_id = c.id AND r.purpose = 'PROMO_DIRECT' AND r.status = 'ACTIVE'
)"""
# The page is cut first; what it shows beside the order is looked up for its rows alone.
_PAGE = """
WITH page AS (
    SELECT c.id, c.public_id, c.city, c.created_at, s.orders, s.revenue, s.last_order_at
    FROM {source} WHERE {where} ORDER BY {order} LIMIT %(limit)s
)
SELECT c.id, c.public_id, c.city, c.created_at, coalesce(c.orders, 0), coalesce(c.revenue, 0),
       c.last_order_at, coalesce(f.preset, ''), {reachable}
FROM page c LEFT JOIN features_rfmscore f ON f.customer_id = c.id
ORDER BY {outer}
"""
_STATS_FIRST = "events_customerstats s JOIN customers_customer c ON c.id = s.customer_id"
_CUSTOMERS_FIRST = "customers_customer c LEFT JOIN events_customerstats s ON s.customer_id = c.id"


@dataclass(frozen=True, slots=True)
class Query:
    """What was asked for. `ids` are those found by a search; None: no search."""

    sort: str = "revenue"
    cursor: str = ""
    city: str = ""
    preset: str = ""
    ids: list[int] | None = None

    @property
    def is_filtered(self) -> bool:
        return bool(self.city or self.preset or self.ids is not None)


def _encode(value: Any, customer_id: int) -> str:
    text = json.dumps([value.isoformat() if isinstance(value, datetime) else value, customer_id])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[Any, int]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        value, customer_id = json.loads(base64.urlsafe_b64decode(padded))
        return (value, int(customer_id))
    except (ValueError, TypeError) as error:
        raise InvalidInput(_("This page address is damaged. Start from the first page.")) from error


def _conditions(query: Query, params: dict[str, Any]) -> list[str]:
    where = ["c.status = 'active'"]
    if query.sort != "new":
        where.append("s.orders > 0" if query.sort == "revenue" else "s.last_order_at IS NOT NULL")
    if query.city:
        where.append("c.city = %(city)s")
        params["city"] = query.city
    if query.preset:
        where.append("c.id IN (SELECT customer_id FROM features_rfmscore "
                     "WHERE preset = %(preset)s)")  # fmt: skip
        params["preset"] = query.preset
    if query.ids is not None:
        where.append("c.id = ANY(%(ids)s)")
        params["ids"] = query.ids
    return where


def _source(query: Query) -> str:
    return _CUSTOMERS_FIRST if query.sort == "new" else _STATS_FIRST


def _total(query: Query, where: list[str], params: dict[str, Any]) -> tuple[int, bool]:
    """Exact up to a limit: counting a million rows for every page would cost more than the page."""
    sql = (
        f"SELECT count(*) FROM (SELECT 1 FROM {_source(query)} WHERE {' AND '.join(where)} "
        "LIMIT %(most)s) counted"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, {**params, "most": EXACT_COUNT_UP_TO + 1})
        (count,) = cursor.fetchone() or (0,)
    return min(count, EXACT_COUNT_UP_TO), count <= EXACT_COUNT_UP_TO


def list_customers(query: Query) -> Listing:
    """One page, names and contacts not filled in.

    Raises:
        InvalidInput: unknown sort or damaged cursor.
    """
    if query.sort not in _ORDERS:
        raise InvalidInput(_("Customers cannot be sorted like this."), fields={"sort": query.sort})
    order, after = _ORDERS[query.sort]
    params: dict[str, Any] = {"limit": PAGE + 1}
    where = _conditions(query, params)
    total, is_exact = _total(query, where, params)
    if query.cursor:
        params["value"], params["id"] = _decode(query.cursor)
        where.append(after)
    sql = _PAGE.format(
        source=_source(query), where=" AND ".join(where), order=order, reachable=_REACHABLE,
        outer=order.replace("s.customer_id", "c.id").replace("s.", "c."),
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows = [Row(*row) for row in cursor.fetchall()]
    more = rows[PAGE:]
    rows = rows[:PAGE]
    keys = {"revenue": "revenue", "recent": "last_order_at", "new": "created_at"}
    next_cursor = _encode(getattr(rows[-1], keys[query.sort]), rows[-1].customer_id) if more else ""
    return Listing(rows, next_cursor, total, is_exact)
