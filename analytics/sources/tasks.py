"""Imports in the background."""

from celery import shared_task

from analytics.sources import services
from cvm_platform.common.jobs import TenantTask, for_every_tenant

# A load of a big file is one task: longer than this it is taken to be stuck, and is started again.
_HOURS = 3600


@shared_task(name="sources.check_import", base=TenantTask, time_limit=2 * _HOURS)
def check_import(job_id: int) -> None:
    services.check_import(job_id=job_id)


@shared_task(name="sources.run_import", base=TenantTask, time_limit=2 * _HOURS)
def run_import(job_id: int) -> None:
    services.run_import(job_id=job_id)


@shared_task(name="sources.reap_imports", base=TenantTask)
def reap_imports() -> None:
    services.reap_imports()


@shared_task(name="sources.reap_imports_all", base=TenantTask, platform=True)
def reap_imports_all() -> None:
    for_every_tenant("sources.reap_imports", spread_seconds=10)
