"""RFM in the background: one task a tenant, and the fan-out that beat starts."""

from celery import shared_task

from analytics.features import services
from cvm_platform.common.jobs import TenantTask, for_every_tenant


@shared_task(name="features.refresh_rfm", base=TenantTask)
def refresh_rfm(run_id: int) -> None:
    services.refresh_rfm(run_id=run_id)


@shared_task(name="features.refresh_rfm_daily", base=TenantTask)
def refresh_rfm_daily() -> None:
    services.refresh_rfm()


@shared_task(name="features.refresh_rfm_all", base=TenantTask, platform=True)
def refresh_rfm_all() -> None:
    for_every_tenant("features.refresh_rfm_daily", spread_seconds=1800)
