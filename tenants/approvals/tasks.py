"""Mails and terms in the background."""

from celery import shared_task
from django.db import transaction

from cvm_platform.common.jobs import TenantTask, for_every_tenant
from tenants.approvals.services import calendar, deciding, digest, reminding


@shared_task(name="approvals.tell_asked", base=TenantTask)
def tell_asked(approval_id: int) -> None:
    reminding.tell_asked(approval_id=approval_id)


@shared_task(name="approvals.tell_decided", base=TenantTask)
def tell_decided(approval_id: int) -> None:
    reminding.tell_decided(approval_id=approval_id)


@shared_task(name="approvals.watch", base=TenantTask)
def watch() -> None:
    deciding.expire_approvals()
    calendar.watch_calendar()
    with transaction.atomic():
        digest.tell_reveals()
    reminding.remind()


@shared_task(name="approvals.watch_all", base=TenantTask, platform=True)
def watch_all() -> None:
    for_every_tenant("approvals.watch", spread_seconds=60)
