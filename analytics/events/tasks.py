"""The months ahead, made every day; margins, when the company assumes another one."""

from celery import shared_task

from analytics.events.partitions import ensure_usual_partitions
from analytics.events.services import apply_assumed_margin
from cvm_platform.common import clock
from cvm_platform.common.jobs import TenantTask, for_every_tenant


@shared_task(name="events.make_partitions", base=TenantTask)
def make_partitions() -> None:
    ensure_usual_partitions(clock.now().date())


@shared_task(name="events.make_partitions_all", base=TenantTask, platform=True)
def make_partitions_all() -> None:
    for_every_tenant("events.make_partitions", spread_seconds=600)


@shared_task(name="events.apply_assumed_margin", base=TenantTask)
def count_margin_again() -> None:
    apply_assumed_margin()
