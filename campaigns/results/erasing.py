"""When nobody measures them any more, orders of erased people are orders of nobody."""

from datetime import datetime, timedelta

from campaigns.results.services import RETURN_LAG
from cvm_platform.common import bulk
from tenants.erasure.contracts import Sweep
from tenants.erasure.registry import add_sweep

# a stand-in has a negative number; until its measurements are over it holds the orders together
_LOOSEN = """
UPDATE events_order o SET customer_id = NULL
WHERE o.customer_id < 0 AND NOT EXISTS (
    SELECT FROM experiments_assignment a JOIN experiments_layer l ON l.id = a.layer_id
    LEFT JOIN broadcasts_broadcast b ON b.layer_id = l.id
    WHERE a.customer_id = o.customer_id AND CASE
        WHEN b.id IS NULL THEN l.closed_at IS NULL
        ELSE b.assigned_at + make_interval(days => b.window_days) + %s > %s END)
"""
_MARGIN = timedelta(days=2)


def loosen(now: datetime) -> int:
    """Orders that lost even the number of nobody; sums of months and totals do not change."""
    return bulk.run(_LOOSEN, [RETURN_LAG + _MARGIN, now])


def register() -> None:
    add_sweep(Sweep("stand-ins", loosen))
