"""Mails and dates of the registers in the background."""

from celery import shared_task

from cvm_platform.common.jobs import TenantTask, for_every_tenant
from tenants.registers.services import assignment, incident_work, regulator


@shared_task(name="registers.tell_operator", base=TenantTask)
def tell_operator(incident_id: int) -> None:
    incident_work.tell_operator(incident_id=incident_id)


@shared_task(name="registers.watch", base=TenantTask)
def watch() -> None:
    assignment.watch_dates()
    regulator.watch_notice()


@shared_task(name="registers.watch_all", base=TenantTask, platform=True)
def watch_all() -> None:
    for_every_tenant("registers.watch", spread_seconds=60)
