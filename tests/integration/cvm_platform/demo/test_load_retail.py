"""The real shop: all of its rows through our own import, and an honest answer."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django_tenants.utils import schema_context, tenant_context

from cvm_platform.local.catcher import Catcher

pytestmark = [pytest.mark.usefixtures("own_database"), pytest.mark.slow]


def test_real_orders_know_nothing_of_our_campaign(
    options: Any, said: list[str], catcher: Catcher, tmp_path: Path, settings: Any
) -> None:
    from dataclasses import replace

    from analytics.events.models import Event, Order
    from analytics.sources.models import ImportJob
    from campaigns.broadcasts.models import Broadcast
    from campaigns.results.models import BroadcastResult
    from campaigns.results.snapshots import refresh_snapshot
    from cvm_platform.common import clock
    from cvm_platform.demo import retail
    from cvm_platform.demo.load import load_demo
    from tenants.tenancy.models import Snapshot, Tenant

    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage",
                    "OPTIONS": {"location": str(tmp_path / "media")}},
    }  # fmt: skip
    load_demo(replace(options, only=frozenset({"retail"})), said.append)

    tenant = Tenant.objects.get(schema_name="retail")
    assert (tenant.currency, tenant.timezone) == ("GBP", "Europe/London")
    assert tenant.assumed_margin_bp == 3500
    assert "35" in tenant.note
    assert "CC BY 4.0" in tenant.note
    with schema_context("retail"):
        jobs = ImportJob.objects.filter(kind="orders")
        assert sum(jobs.values_list("rows_read", flat=True)) == retail.ROWS
        assert set(ImportJob.objects.values_list("status", flat=True)) == {"done"}
        broadcast = Broadcast.objects.exclude(dispatch=None).get()
        cut = broadcast.assigned_at
        assert cut is not None
        assert Order.objects.filter(ts__gte=cut).exists()
        assert Order.objects.filter(is_margin_assumed=False).count() == 0
        newest = Order.objects.order_by("-ts").values_list("ts", flat=True)[0]
        assert datetime.now(UTC) - timedelta(days=9) < newest < datetime.now(UTC)
        assert not Event.objects.filter(kind__in=["open", "click"]).exists()
        result = BroadcastResult.objects.get().payload
    assert result["verdict"] not in {"proved_gain", "proved_loss"}
    assert result["mde"] > 0
    assert result["truth"] is None
    assert result["counts"]["sent"] == catcher.receiver.stored > 1500
    snapshot = Snapshot.objects.get(tenant=tenant)
    assert snapshot.customers == 4372
    # the history moves by whole weeks, so its age depends on the weekday of the test
    for days, health in ((2, "ok"), (5, "warn"), (8, "bad")):
        with clock.at(newest + timedelta(days=days)), tenant_context(tenant):
            assert refresh_snapshot().health == health
