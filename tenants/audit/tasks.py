"""Sealing in the background."""

from celery import shared_task

from cvm_platform.common.jobs import TenantTask, for_every_tenant
from tenants.audit import services


@shared_task(name="audit.seal", base=TenantTask)
def seal() -> None:
    services.seal_all()


@shared_task(name="audit.seal_all", base=TenantTask, platform=True)
def seal_all() -> None:
    for_every_tenant("audit.seal", spread_seconds=30)
