"""What an audience could prove, from its own history of a window of the same length."""

import math
from datetime import timedelta

from analytics.stats.power import control_needed, mde
from campaigns.broadcasts.contracts import MOST_CONTROL_BP, PLAUSIBLE_LIFT, Power
from campaigns.delivery.statements import rows_of
from campaigns.experiments.contracts import Population
from cvm_platform.common import clock

# margin of each person in the last window and in the one before it; no order is a zero
_HISTORY = """
    WITH population AS ({population}), spent AS (
        SELECT o.customer_id,
               sum(o.margin) FILTER (WHERE o.ts >= %(middle)s) AS now,
               sum(o.margin) FILTER (WHERE o.ts < %(middle)s) AS before
        FROM events_order o
        WHERE o.status = 'paid' AND o.customer_id IS NOT NULL
          AND o.ts >= %(first)s AND o.ts < %(last)s
        GROUP BY o.customer_id
    )
    SELECT avg(COALESCE(s.now, 0))::float8, stddev_samp(COALESCE(s.now, 0))::float8,
           corr(COALESCE(s.now, 0), COALESCE(s.before, 0))
    FROM population p LEFT JOIN spent s ON s.customer_id = p.customer_id
"""


def measure_power(
    population: Population, *, treated: int, control: int, window_days: int
) -> Power | None:
    """None without a control group, or with nobody to compare."""
    if not treated or not control:
        return None
    last = clock.now()
    window = timedelta(days=window_days)
    mean, sigma, rho = rows_of(
        _HISTORY.format(population=population.sql),
        {**population.params, "first": last - 2 * window, "middle": last - window, "last": last},
    )[0]
    spread, likeness = sigma or 0.0, rho or 0.0
    mean = mean or 0.0
    total = treated + control
    needed = None
    if mean > 0 and spread > 0:
        needed = control_needed(spread, PLAUSIBLE_LIFT * mean, total, rho=likeness)
    return Power(
        mde=mde(spread, treated, control, rho=likeness), mean=mean, treated=treated,
        control=control, advised_bp=_share_bp(needed, total),
    )  # fmt: skip


def _share_bp(needed: int | None, total: int) -> int | None:
    """Whole percents, upwards; more than half of the audience is never advised."""
    if needed is None:
        return None
    share = math.ceil(100 * needed / total) * 100
    return share if share <= MOST_CONTROL_BP else None
