"""The tenant's sums for its own home and for the agency's: computed by a job, dated, stored."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Min
from django_tenants.utils import get_public_schema_name, schema_context

from campaigns.experiments.models import Assignment, Layer
from campaigns.results import selectors, services
from campaigns.results.models import BroadcastResult
from campaigns.results.outcome import Measured
from cvm_platform.common import clock
from tenants.tenancy.health import SILENT
from tenants.tenancy.models import Snapshot, Tenant
from tenants.tenancy.selectors import current_tenant

MONTH = timedelta(days=30)
SILENT_AFTER = timedelta(days=3)
MIN_DAYS = 14


def _group_money(layer: Layer, now: datetime) -> dict[str, Any]:
    """Treated against the global group since it was drawn: the only total there is."""
    start = Assignment.objects.filter(layer=layer).aggregate(start=Min("assigned_at"))["start"]
    if start is None or now - start < timedelta(days=MIN_DAYS):
        return {}
    what = Measured(layer.pk, start, now)
    answer = services.answer_for(what, control_bp=layer.control_bp, fixed_cost=0, now=now)
    money = services.money_of(answer, fixed_cost=0)
    return {**money, "start": start.isoformat(), "end": now.isoformat(), "source": "global"}


def _short(money: dict[str, Any], label: str) -> dict[str, Any]:
    """What fits into a row of the agency's table."""
    total = money.get("total") or {}
    return {
        "verdict": money["verdict"], "reasons": money.get("reasons", []),
        "weeks": money.get("weeks"), "profit": total.get("profit"), "low": total.get("low"),
        "high": total.get("high"), "treated": money["arms"]["treated"]["n"],
        "control": money["arms"]["control"]["n"], "label": label,
    }  # fmt: skip


def _newest_result() -> BroadcastResult | None:
    return selectors.latest_results().first()


def _health(facts: dict[str, Any], now: datetime) -> tuple[str, str]:
    if not facts["customers"]:
        return "empty", "no_data"
    if facts["last_order_at"] is None:
        return "warn", "no_orders"
    silence = now - facts["last_order_at"]
    if silence > SILENT_AFTER + timedelta(days=4):
        return "bad", SILENT
    if silence > SILENT_AFTER:
        return "warn", SILENT
    return "ok", "fresh"


def refresh_snapshot() -> Snapshot:
    """Recomputes and stores the current tenant's snapshot."""
    tenant: Tenant = current_tenant()
    now = clock.now()
    facts = selectors.base_facts(now, now - MONTH)
    layer = selectors.global_layer()
    group = _group_money(layer, now) if layer is not None else {}
    newest = _newest_result()
    money: dict[str, Any] = {"group": group}
    if newest is not None:
        money.update(_short(newest.payload, newest.broadcast.name))
    health, reason = _health(facts, now)
    values = {
        "customers": facts["customers"], "reachable": facts["reachable"],
        "revenue_30d": facts["revenue"], "last_order_at": facts["last_order_at"],
        "money": money, "health": health, "health_reason": reason,
    }  # fmt: skip
    with schema_context(get_public_schema_name()):
        snapshot, _created = Snapshot.objects.update_or_create(tenant=tenant, defaults=values)
    return snapshot
