"""The one door for events and orders."""

from analytics.events.services.loading import LoadedOrders, load_staged_orders
from analytics.events.services.margins import apply_assumed_margin
from analytics.events.services.orders import record_orders
from analytics.events.services.recording import record_events
from analytics.events.services.staging import (
    LINE_COLUMNS,
    LINES,
    PEOPLE,
    PEOPLE_COLUMNS,
    PRODUCT_COLUMNS,
    PRODUCTS,
    StagedTotals,
    count_staged_orders,
    create_stage,
    gather_orders,
    staged_totals,
)
from analytics.events.services.stats import rebuild_stats

__all__ = [
    "LINES",
    "LINE_COLUMNS",
    "PEOPLE",
    "PEOPLE_COLUMNS",
    "PRODUCTS",
    "PRODUCT_COLUMNS",
    "LoadedOrders",
    "StagedTotals",
    "apply_assumed_margin",
    "count_staged_orders",
    "create_stage",
    "gather_orders",
    "load_staged_orders",
    "rebuild_stats",
    "record_events",
    "record_orders",
    "staged_totals",
]
