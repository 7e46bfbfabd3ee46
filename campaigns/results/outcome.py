"""What customers of a layer's arms did in a window: sums from SQL, no customer row travels.

The value of a customer is the margin of the orders in the window minus the messages sent, in
minor units; the covariate is the margin of the same length before the assignment (at least 90
days). Returns count where they fall in the window: sources do not say which sale they undo.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from analytics.stats import ArmSums

MIN_PRE_DAYS = 90

# products, not powers: numeric ^ is a thousand times slower than numeric *
_VALUES = """
WITH pop AS MATERIALIZED (
    SELECT customer_id, arm, stratum FROM experiments_assignment
    WHERE layer_id = %(layer)s AND (valid_to IS NULL OR valid_to > %(start)s)
), bought AS MATERIALIZED (
    SELECT o.customer_id, sum(o.margin) AS margin, sum(o.revenue) AS revenue,
           bool_or(o.kind = 'sale') AS is_buyer
    FROM events_order o JOIN pop USING (customer_id)
    WHERE o.ts >= %(start)s AND o.ts < %(end)s AND o.status = 'paid' GROUP BY 1
), before AS MATERIALIZED (
    SELECT o.customer_id, sum(o.margin) AS margin
    FROM events_order o JOIN pop USING (customer_id)
    WHERE o.ts >= %(pre)s AND o.ts < %(start)s AND o.status = 'paid' GROUP BY 1
), written AS MATERIALIZED (
    SELECT m.customer_id, sum(d.price) AS cost
    FROM delivery_message m JOIN delivery_dispatch d ON d.id = m.dispatch_id
    JOIN pop USING (customer_id)
    WHERE m.state IN ('sent', 'ambiguous')
      AND (%(dispatch)s::bigint IS NULL OR m.dispatch_id = %(dispatch)s)
      AND d.purpose <> 'test' AND m.sent_at >= %(start)s AND m.sent_at < %(end)s GROUP BY 1
), v AS MATERIALIZED (
    SELECT pop.arm, pop.stratum,
           coalesce(bought.margin, 0) - coalesce(written.cost, 0) AS y,
           coalesce(before.margin, 0)::numeric AS x,
           coalesce(written.cost, 0) AS cost, coalesce(bought.revenue, 0) AS revenue,
           coalesce(bought.is_buyer, false) AS is_buyer
    FROM pop LEFT JOIN bought USING (customer_id) LEFT JOIN before USING (customer_id)
    LEFT JOIN written USING (customer_id)
), s AS (SELECT coalesce(round(avg(y)), 0) AS ys, coalesce(round(avg(x)), 0) AS xs FROM v
), d AS (SELECT v.*, y - ys AS dy, x - xs AS dx, ys, xs FROM v, s)
SELECT arm, stratum, count(*), sum(dy), sum(dy * dy), sum(dy * dy * dy),
       sum(dx), sum(dx * dx), sum(dx * dy), sum(dx * dx * dx), sum(dx * dx * dy),
       sum(dx * dy * dy), count(*) FILTER (WHERE is_buyer), min(ys), min(xs), sum(cost),
       sum(revenue)
FROM d GROUP BY arm, stratum
"""

_HISTORY = """
WITH pop AS MATERIALIZED (
    SELECT customer_id FROM experiments_assignment WHERE layer_id = %(layer)s
), v AS MATERIALIZED (
    SELECT pop.customer_id,
           coalesce(sum(o.margin) FILTER (WHERE o.ts >= %(middle)s), 0)::float8 AS y,
           coalesce(sum(o.margin) FILTER (WHERE o.ts < %(middle)s), 0)::float8 AS x
    FROM pop LEFT JOIN events_order o ON o.customer_id = pop.customer_id
         AND o.ts >= %(first)s AND o.ts < %(last)s AND o.status = 'paid'
    GROUP BY 1
)
SELECT avg(y), stddev_samp(y), coalesce(corr(y, x), 0) FROM v
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """Whose outcome, and when: [start, end), pre-period before `start`."""

    layer_id: int
    start: datetime
    end: datetime
    dispatch_id: int | None = None  # None: all messages of the tenant count as cost

    @property
    def pre_start(self) -> datetime:
        return self.start - max(self.end - self.start, timedelta(days=MIN_PRE_DAYS))

    def until(self, end: datetime) -> "Measured":
        """The same start and the same pre-period's rule, an earlier end."""
        return Measured(self.layer_id, self.start, end, self.dispatch_id)


@dataclass(frozen=True, slots=True)
class ArmFacts:
    """An arm over all strata, in minor units."""

    n: int
    buyers: int
    mean: float
    se: float
    message_cost: float
    revenue: float


@dataclass(frozen=True, slots=True)
class Outcome:
    strata: list[tuple[ArmSums, ArmSums]]  # (treated, control)
    treated: ArmFacts
    control: ArmFacts


def _sums(row: Sequence[Any]) -> ArmSums:
    return ArmSums(
        n=row[2], y=row[3], y2=row[4], y3=row[5], x=row[6], x2=row[7], xy=row[8], x3=row[9],
        x2y=row[10], xy2=row[11], buyers=row[12], y_shift=row[13], x_shift=row[14],
    )  # fmt: skip


def _facts(rows: list[Sequence[Any]]) -> ArmFacts:
    n = sum(row[2] for row in rows)
    if not n:
        return ArmFacts(0, 0, 0.0, 0.0, 0.0, 0.0)
    total, squares = sum(row[3] for row in rows), sum(row[4] for row in rows)
    shift = rows[0][13]
    spread = float(squares - total * total / n)
    variance = max(spread, 0.0) / (n - 1) if n > 1 else 0.0
    return ArmFacts(
        n=n, buyers=sum(row[12] for row in rows), mean=float(shift + total / n),
        se=(variance / n) ** 0.5, message_cost=float(sum(row[15] for row in rows)),
        revenue=float(sum(row[16] for row in rows)),
    )  # fmt: skip


def _scan(sql: str, params: dict[str, Any]) -> list[Sequence[Any]]:
    """Whole arms against whole windows: hash joins are right for any size. Right after a load,
    before the tables are analysed, the planner believes in one row and would loop for hours.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        # a forbidden join has a giant cost on paper, which would also start the compiler
        cursor.execute("SET LOCAL enable_nestloop = off; SET LOCAL jit = off")
        cursor.execute(sql, params)
        rows = cursor.fetchall()
        cursor.execute("SET LOCAL enable_nestloop = on; SET LOCAL jit = on")
    return list(rows)


def measure(what: Measured) -> Outcome:
    """Sums of both arms by stratum."""
    rows = _scan(
        _VALUES,
        {"layer": what.layer_id, "start": what.start, "end": what.end,
         "pre": what.pre_start, "dispatch": what.dispatch_id},
    )  # fmt: skip
    by_arm: dict[str, dict[int, Sequence[Any]]] = {"treated": {}, "control": {}}
    for row in rows:
        by_arm[row[0]][row[1]] = row
    empty = ArmSums(n=0)
    strata = [
        (
            _sums(by_arm["treated"][key]) if key in by_arm["treated"] else empty,
            _sums(by_arm["control"][key]) if key in by_arm["control"] else empty,
        )
        for key in sorted({*by_arm["treated"], *by_arm["control"]})
    ]
    return Outcome(
        strata,
        _facts(list(by_arm["treated"].values())),
        _facts(list(by_arm["control"].values())),
    )


def history(layer_id: int, until: datetime, weeks: int) -> tuple[float, float, float]:
    """Mean, spread and correlation with the window before, of `weeks` weeks before `until`."""
    length = timedelta(weeks=weeks)
    ((mean, sigma, rho),) = _scan(
        _HISTORY,
        {"layer": layer_id, "first": until - 2 * length, "middle": until - length, "last": until},
    )
    return float(mean or 0), float(sigma or 0), float(rho or 0)
