"""The client hears every day what the agency opened, once, and nothing of its neighbours."""

from datetime import UTC, datetime

from django.core import mail
from django_tenants.utils import tenant_context

from cvm_platform.common import clock
from tenants.accounts.contracts import Role
from tenants.accounts.models import User
from tenants.approvals.models import Task
from tenants.approvals.services.digest import tell_reveals
from tenants.audit.contracts import Action, Actor, ProcessingRow, Result
from tenants.audit.services import log_processing
from tenants.tenancy.models import Tenant
from tests.factories.accounts import client_of, make_user

# a day in Moscow: from 21:00 UTC of the day before
YESTERDAY = [datetime(2026, 11, 23, 21, 0, tzinfo=UTC), datetime(2026, 11, 24, 20, 59, tzinfo=UTC)]
OTHER = [datetime(2026, 11, 23, 20, 59, tzinfo=UTC), datetime(2026, 11, 24, 21, 0, tzinfo=UTC)]
NOW = datetime(2026, 11, 25, 6, tzinfo=UTC)
SUPPORT = Actor("user:7", Role.AGENCY_OPERATOR)


def reveal(at: datetime, actor: Actor = SUPPORT, **changed: str) -> ProcessingRow:
    return ProcessingRow(actor, Action.REVEAL, subject_id=5, at=at, **changed)  # type: ignore[arg-type]  # by name


def test_yesterday_of_the_company_is_told_once(acme: Tenant, beta: Tenant) -> None:
    officer = make_user(acme, Role.CLIENT_DPO, language="en")
    make_user(acme, Role.AGENCY_DPO)  # the agency does not report to itself
    make_user(acme, Role.CLIENT_MARKETER)
    make_user(beta, Role.CLIENT_DPO)
    log_processing(
        rows=[
            *(reveal(at) for at in [*YESTERDAY, *OTHER]),
            reveal(YESTERDAY[0], result=Result.DENIED),
            reveal(YESTERDAY[0], Actor("user:8", Role.CLIENT_SUPPORT)),
        ]
    )  # fmt: skip
    with clock.at(NOW):
        assert tell_reveals() == 2
        assert tell_reveals() == 0
        with tenant_context(beta):
            assert tell_reveals() == 0
    [letter] = mail.outbox
    assert letter.to == [officer.email]
    assert letter.subject == "On 24 November the agency opened 2 fields: look why"
    assert "http://acme.cvm.localhost/log/?action=REVEAL&since=2026-11-24" in letter.body
    with tenant_context(acme):
        assert Task.objects.get().params == {"day": "2026-11-24", "fields": 2}
    page = client_of(acme, user=User.objects.get(pk=officer.pk)).get("/tasks/").content.decode()
    assert "агентство открыло 2 поля" in page


def test_a_day_without_reveals_is_no_work(acme: Tenant) -> None:
    make_user(acme, Role.CLIENT_DPO)
    with clock.at(NOW):
        assert tell_reveals() == 0
    assert (Task.objects.count(), mail.outbox) == (0, [])
