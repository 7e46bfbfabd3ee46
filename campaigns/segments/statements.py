"""The few statements that run a compiled rule."""

import re
import time
from collections.abc import Callable
from typing import Any

from django.db import DatabaseError, OperationalError, transaction
from psycopg.errors import QueryCanceled

from campaigns.segments.contracts import Compiled
from cvm_platform.common import bulk
from cvm_platform.common.schema import connection

# a person waits for a live count; nobody waits for a refresh
LIVE_TIMEOUT_MS = 5_000
REFRESH_TIMEOUT_MS = 600_000
_PATIENCE_MS = 30_000  # with the planner's own way

_REFRESH = """
WITH fits AS MATERIALIZED ({fits}),
gone AS (
    DELETE FROM segments_segmentmember m
     WHERE m.segment_id = %(segment_id)s
       AND NOT EXISTS (SELECT FROM fits WHERE fits.customer_id = m.customer_id)
    RETURNING 1
),
came AS (
    INSERT INTO segments_segmentmember (segment_id, customer_id, joined_at)
    SELECT %(segment_id)s, fits.customer_id, %(joined_at)s FROM fits
     WHERE NOT EXISTS (SELECT FROM segments_segmentmember m
                        WHERE m.segment_id = %(segment_id)s AND m.customer_id = fits.customer_id)
    RETURNING 1
)
SELECT (SELECT count(*) FROM fits), (SELECT count(*) FROM came), (SELECT count(*) FROM gone)
"""

_MONEY = """
WITH fits AS MATERIALIZED ({fits})
SELECT coalesce(sum(o.revenue), 0)::bigint, coalesce(sum(o.margin), 0)::bigint,
       coalesce(bool_or(o.is_margin_assumed), false)
  FROM fits JOIN events_order o ON o.customer_id = fits.customer_id
 WHERE o.status = %(paid)s AND o.ts > %(since)s AND o.ts <= %(until)s
"""


class TooSlow(Exception):
    """The statement was stopped by its time limit."""


def run(compiled: Compiled, timeout_ms: int) -> tuple[Any, ...]:
    """The first row; see `rows`."""
    return rows(compiled, timeout_ms)[0]


def rows(compiled: Compiled, timeout_ms: int) -> list[tuple[Any, ...]]:
    """All rows, within a time limit.

    The planner's own way first: a narrow rule is found by a few steps of an index. Where it knows
    too little of the tables (they were loaded a moment ago) that way may be a loop without an
    end, so past a part of the limit everything is read once and joined by hashes.

    Raises:
        TooSlow: that was not fast enough either; the transaction around goes on.
    """
    try:
        return _attempt(compiled, min(timeout_ms * 3 // 5, _PATIENCE_MS))
    except TooSlow:
        with transaction.atomic(), bulk.one_pass():
            return _attempt(compiled, timeout_ms)


def _attempt(compiled: Compiled, timeout_ms: int) -> list[tuple[Any, ...]]:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = %s", [timeout_ms])
            cursor.execute(compiled.sql, compiled.params)
            found = list(cursor.fetchall())
            cursor.execute("SET LOCAL statement_timeout = DEFAULT")
            return found
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TooSlow from error
        raise


def timed(work: Callable[[], tuple[Any, ...]]) -> tuple[tuple[Any, ...], int]:
    """What `work` gives, and how many milliseconds it took."""
    started = time.perf_counter()
    row = work()
    return row, round((time.perf_counter() - started) * 1000)


def counting(compiled: Compiled) -> Compiled:
    return Compiled(f"SELECT count(*) FROM ({compiled.sql}) fits", compiled.params)


def estimate(compiled: Compiled) -> int:
    """How many rows the planner expects."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {compiled.sql}", compiled.params)
        line = str(cursor.fetchone()[0])
    found = re.search(r"rows=(\d+)", line)
    return int(found.group(1)) if found else 0


def refreshing(compiled: Compiled, **params: Any) -> Compiled:
    """(count, joined, left) of the membership brought up to date; who stays keeps `joined_at`."""
    return Compiled(_REFRESH.format(fits=compiled.sql), compiled.params | params)


def money(compiled: Compiled, **params: Any) -> Compiled:
    return Compiled(_MONEY.format(fits=compiled.sql), compiled.params | params)


def cause_of(error: Exception) -> str:
    """A short cause without values of customers."""
    if isinstance(error, DatabaseError) and error.__cause__ is not None:
        return type(error.__cause__).__name__
    return type(error).__name__
