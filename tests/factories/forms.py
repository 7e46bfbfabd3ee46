"""A form that collects consents, and what somebody does with it."""

from django.core import mail

from tenants.audit.services import SYSTEM
from tenants.privacy import services
from tenants.privacy.models import Confirmation, ConsentForm
from tenants.privacy.services import letters
from tenants.tenancy.models import Tenant
from tests.factories.consents import published


def open_form(tenant: Tenant, *texts: str, fields: tuple[str, ...] = ("email",)) -> ConsentForm:
    """Texts by purpose or channel, each behind a box of its own."""
    known = published(tenant)
    form = services.save_form(
        actor=SYSTEM,
        values={"name": "Site", "title": "Новости", "intro": "", "fields": list(fields),
                "controls": [{"text": known[name].pk, "is_required": False} for name in texts]},
    )  # fmt: skip
    return services.publish_form(form=form, actor=SYSTEM)


def letter_of(confirmation: Confirmation) -> str:
    """The text of the letter, as the worker sends it."""
    before = len(mail.outbox)
    assert letters.mail_confirmation(confirmation_id=confirmation.pk)
    assert len(mail.outbox) == before + 1
    return str(mail.outbox[-1].body)
