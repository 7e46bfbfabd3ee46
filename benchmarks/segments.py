"""Segments and RFM on a large base: live counts, refresh, against hand-written SQL and full scans.

Only ratios of one run mean something on a shared machine.
Run `python -m benchmarks.segments [customers] [events]`; the base is made once and kept.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from cvm_platform.local.testing import ensure_test_servers

os.environ["DATABASE_URL"] = ensure_test_servers(
    Path(os.environ.get("CVM_BENCH_DIR", "var/bench"))
).database_url
os.environ["DJANGO_SETTINGS_MODULE"] = "cvm_platform.settings.test"  # the package named another

import django

django.setup()  # the imports below need it

from django.core.management import call_command  # noqa: E402 as above
from django.db import connection  # noqa: E402 as above
from django_tenants.utils import tenant_context  # noqa: E402 as above

from analytics.features.services import refresh_rfm  # noqa: E402 as above
from benchmarks.segment_base import fill_base  # noqa: E402 as above
from campaigns.segments import selectors, services, statements  # noqa: E402 as above
from campaigns.segments.models import Segment  # noqa: E402 as above
from cvm_platform.common import bulk, clock  # noqa: E402 as above
from tenants.customers.models import Customer  # noqa: E402 as above
from tenants.tenancy.models import Tenant  # noqa: E402 as above
from tenants.tenancy.services import create_tenant  # noqa: E402 as above

REPEATS = 11
NOW = clock.now()
COFFEE: dict[str, Any] = {
    "leaf": "event", "kind": "order", "times": {"op": "ge", "value": 3},
    "window": {"kind": "last", "days": 90}, "categories": ["Кофе"],
}  # fmt: skip
OPENED: dict[str, Any] = {
    "leaf": "event", "kind": "open", "times": {"op": "ge", "value": 1},
    "window": {"kind": "last", "days": 30},
}  # fmt: skip
MOSCOW = {"leaf": "profile", "field": "city", "op": "in", "values": ["Москва"]}
WRITABLE = {"leaf": "contactable", "channel": "EMAIL"}
_BY_HAND = """
SELECT count(*) FROM customers_customer c
JOIN (SELECT customer_id FROM events_event WHERE kind = 'order' AND category = 'Кофе'
      AND ts > %(since)s AND ts <= %(now)s GROUP BY 1 HAVING count(*) >= 3) b
    ON b.customer_id = c.id
WHERE c.city = 'Москва' AND c.status = 'active' AND NOT EXISTS (
    SELECT FROM events_event o WHERE o.kind = 'open' AND o.ts > %(month)s AND o.ts <= %(now)s
    AND o.customer_id = c.id)
"""


def _number(field: str, **comparison: Any) -> dict[str, Any]:
    return {"leaf": "number", "field": field, "is": comparison}


SHAPES: dict[str, dict[str, Any]] = {
    "coffee 3x in 90 d, Moscow, no open": {"all": [MOSCOW, COFFEE, {"not": [OPENED]}]},
    "the same, and may be written to": {"all": [MOSCOW, COFFEE, {"not": [OPENED]}, WRITABLE]},
    "one order, 30-60 days ago": {"all": [
        _number("orders", op="eq", value=1),
        _number("days_since_last_order", op="between", low=30, high=60)]},
    "revenue from 10 000": {"all": [_number("revenue", op="ge", value=1_000_000)]},
    "RFM at risk": {"all": [{"leaf": "rfm_preset", "presets": ["at_risk", "cannot_lose"]}]},
    "ordered 2x for 3 000 in 180 d": {"all": [{
        "leaf": "orders", "times": {"op": "ge", "value": 2},
        "window": {"kind": "last", "days": 180}, "sum": {"op": "ge", "value": 300_000}}]},
    "never opened or never bought": {"any": [
        _number("days_since_last_open", op="none"), _number("orders", op="eq", value=0)]},
    "may be written to": {"all": [WRITABLE]},
}  # fmt: skip


def _seconds(work: Callable[[], object], repeats: int = REPEATS) -> list[float]:
    found = []
    work()
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        found.append(time.perf_counter() - started)
    return sorted(found)


def prepared_tenant(customers: int, events: int) -> Tenant:
    call_command("migrate_all", verbosity=0)
    slug = f"bench{customers}x{events}"
    tenant = Tenant.objects.filter(schema_name=slug).first()
    tenant = tenant or create_tenant(slug=slug, name=slug)
    with tenant_context(tenant):
        if not Customer.objects.exists():
            started = time.perf_counter()
            fill_base(customers=customers, events=events)
            print(f"base made in {time.perf_counter() - started:,.0f} s")
    connection.set_schema_to_public()
    return tenant


def _live_counts(scan: float) -> list[float]:
    print(f"\n{'live count':<38}{'people':>9}{'p50 ms':>8}{'p95 ms':>8}{'of a full scan':>16}")
    medians = []
    for name, root in SHAPES.items():
        tree = {"schema_version": 1, "root": root}
        times = _seconds(lambda tree=tree: selectors.count_tree(tree))  # type: ignore[misc]  # bound now
        middle, late = statistics.median(times), times[int(len(times) * 0.95)]
        medians.append(middle)
        people = selectors.count_tree(tree).count
        print(f"{name:<38}{people:>9,}{middle * 1e3:>8.0f}{late * 1e3:>8.0f}{middle / scan:>16.3f}")
    return medians


def main(customers: int = 1_000_000, events: int = 10_000_000) -> None:
    tenant = prepared_tenant(customers, events)
    with tenant_context(tenant):
        print(f"{customers:,} customers, {events:,} events")
        scan_sql = "SELECT count(*), sum(amount), max(ts) FROM events_event WHERE properties = '{}'"
        scan = statistics.median(_seconds(lambda: bulk.fetch(scan_sql), 3))
        stats_sql = "SELECT count(*), sum(revenue), max(last_order_at) FROM events_customerstats"
        stats = statistics.median(_seconds(lambda: bulk.fetch(stats_sql), 3))
        print(f"full scan of events {scan:.2f} s, of the rollups {stats:.3f} s")
        medians = _live_counts(scan)
        values: Any = {
            "since": NOW - timedelta(days=90), "month": NOW - timedelta(days=30), "now": NOW,
        }  # fmt: skip
        by_hand = statistics.median(_seconds(lambda: bulk.fetch(_BY_HAND, values)))
        first = {"schema_version": 1, "root": next(iter(SHAPES.values()))}
        ours = statements.counting(selectors.compiled(first))
        compiled = statistics.median(_seconds(lambda: bulk.fetch(ours.sql, ours.params)))
        print(f"first shape: compiled {compiled * 1e3:.0f} ms, by hand {by_hand * 1e3:.0f} ms, "
              f"ratio {compiled / by_hand:.2f}")  # fmt: skip
        rfm = statistics.median(_seconds(refresh_rfm, 2))
        print(f"RFM of all and store {rfm:.2f} s: {rfm / stats:.1f} scans of the rollups, "
              f"{rfm / scan:.2f} of a scan of the events")  # fmt: skip
        tree = {"schema_version": 1, "root": SHAPES["may be written to"]}
        segment, _made = Segment.objects.get_or_create(name="bench", defaults={"tree": tree})
        refresh = statistics.median(_seconds(lambda: services.refresh_segment(segment.pk), 3))
        count = selectors.count_tree(tree)
        print(f"refresh of {count.count:,} members, nobody moved: {refresh:.2f} s, "
              f"{refresh / max(medians[-1], 1e-9):.1f} of its count")  # fmt: skip


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:3]))
