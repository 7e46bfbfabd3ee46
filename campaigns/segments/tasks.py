"""Counting in the background; every hour all segments, since time alone moves people."""

from celery import shared_task

from campaigns.segments import services
from cvm_platform.common.jobs import TenantTask, for_every_tenant


@shared_task(name="segments.refresh", base=TenantTask)
def refresh_segment(segment_id: int) -> None:
    services.refresh_segment(segment_id)


@shared_task(name="segments.refresh_tenant", base=TenantTask)
def refresh_tenant() -> None:
    services.refresh_all()


@shared_task(name="segments.refresh_all", base=TenantTask, platform=True)
def refresh_all() -> None:
    for_every_tenant("segments.refresh_tenant", spread_seconds=1800)
