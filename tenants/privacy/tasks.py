"""Letters that ask for a confirmation, and sign-ups that came to nothing."""

from celery import shared_task

from cvm_platform.common.jobs import TenantTask, for_every_tenant
from tenants.privacy.services import letters
from tenants.privacy.services.confirming import expire_confirmations


@shared_task(name="privacy.mail_confirmation", base=TenantTask)
def mail_confirmation(confirmation_id: int) -> None:
    letters.mail_confirmation(confirmation_id=confirmation_id)


@shared_task(name="privacy.expire", base=TenantTask)
def expire() -> None:
    expire_confirmations()


@shared_task(name="privacy.expire_all", base=TenantTask, platform=True)
def expire_all() -> None:
    for_every_tenant("privacy.expire")
