"""Documents and terms in the background."""

from celery import shared_task

from cvm_platform.common.jobs import TenantTask, for_every_tenant
from tenants.requests.services import clocks, files


@shared_task(name="requests.make_file", base=TenantTask)
def make_file(file_id: int) -> None:
    files.make_file(file_id=file_id)


@shared_task(name="requests.watch", base=TenantTask)
def watch() -> None:
    """Dates follow the calendar; documents go when their week is over."""
    clocks.recount_terms()
    files.expire_files()


@shared_task(name="requests.watch_all", base=TenantTask, platform=True)
def watch_all() -> None:
    for_every_tenant("requests.watch", spread_seconds=60)
