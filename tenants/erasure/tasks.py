"""Erasing and retention in the background."""

from celery import shared_task

from cvm_platform.common.jobs import TenantTask, for_every_tenant
from tenants.erasure import services


@shared_task(name="erasure.run", base=TenantTask, acks_late=True)
def run(job_id: int) -> None:
    services.run_job(job_id=job_id)


@shared_task(name="erasure.run_due", base=TenantTask)
def run_due() -> None:
    services.run_due_jobs()
    services.copy_ledger()


@shared_task(name="erasure.run_due_all", base=TenantTask, platform=True)
def run_due_all() -> None:
    for_every_tenant("erasure.run_due", spread_seconds=30)


@shared_task(name="erasure.retention", base=TenantTask)
def retention() -> None:
    services.nightly()


@shared_task(name="erasure.retention_all", base=TenantTask, platform=True)
def retention_all() -> None:
    for_every_tenant("erasure.retention", spread_seconds=600)


@shared_task(name="erasure.apply_run", base=TenantTask, acks_late=True)
def apply_run(run_id: int) -> None:
    services.apply_run(run_id=run_id)
