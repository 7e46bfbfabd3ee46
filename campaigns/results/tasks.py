"""Results and snapshots, kept up to date in the background."""

from celery import shared_task

from campaigns.results import services, snapshots
from cvm_platform.common import clock
from cvm_platform.common.jobs import TenantTask, for_every_tenant


@shared_task(name="results.compute", base=TenantTask)
def compute(broadcast_id: int) -> None:
    services.compute_result(broadcast_id=broadcast_id)


@shared_task(name="results.refresh", base=TenantTask)
def refresh() -> None:
    for broadcast_id in services.due_broadcasts(clock.now()):
        services.compute_result(broadcast_id=broadcast_id)
    snapshots.refresh_snapshot()


@shared_task(name="results.refresh_all", base=TenantTask, platform=True)
def refresh_all() -> None:
    for_every_tenant("results.refresh")
