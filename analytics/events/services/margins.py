"""The margin that is assumed where goods have no cost price."""

from django.db import transaction

from analytics.events.services.stats import refresh_order_stats
from cvm_platform.common import bulk
from tenants.tenancy.selectors import current_tenant


def apply_assumed_margin() -> int:
    """Counts the orders without cost price anew after the tenant's assumption has changed.

    Returns:
        How many orders got another margin.
    """
    rate = current_tenant().assumed_margin_bp or 0
    with transaction.atomic():
        changed = bulk.run(
            "UPDATE events_order SET margin = round(revenue * %s / 10000.0)::bigint "
            "WHERE is_margin_assumed AND margin <> round(revenue * %s / 10000.0)::bigint",
            [rate, rate],
        )
        if changed:
            bulk.run("DROP TABLE IF EXISTS pg_temp.margin_touched")
            bulk.run(
                "CREATE TEMP TABLE margin_touched ON COMMIT DROP AS SELECT DISTINCT customer_id "
                "FROM events_order WHERE is_margin_assumed AND customer_id IS NOT NULL"
            )
            refresh_order_stats("margin_touched")
    return changed
