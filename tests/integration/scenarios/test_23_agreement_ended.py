"""Given the assignment expired at 00:00,
When a scheduled campaign starts at 00:05,
Then nothing is sent, agency users lose access, unsubscribe links still work, and the offboarding
task (return or destroy within 30 days) is opened.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.test import Client
from django_tenants.utils import schema_context, tenant_context

from campaigns.delivery.models import Message
from campaigns.delivery.services import work
from cvm_platform.common import clock
from tenants.accounts.contracts import Role
from tenants.approvals.models import Task
from tenants.privacy.models import AdPermission
from tenants.registers.models import ProcessorAgreement
from tenants.registers.services.assignment import watch_dates
from tenants.tenancy.models import Tenant
from tests.factories.accounts import client_of, host_of, make_user
from tests.factories.campaigns import FakeChannel, make_dispatch, make_people

ZONE = ZoneInfo("Europe/Moscow")
LAST_DAY = datetime(2026, 11, 30, 12, tzinfo=ZONE)
AFTER = datetime(2026, 12, 1, 0, 5, tzinfo=ZONE)


def test_after_midnight_nothing_leaves_and_refusals_still_work(acme: Tenant) -> None:
    with clock.at(LAST_DAY):
        make_people(1, 2)
        ProcessorAgreement.objects.update(valid_to=LAST_DAY.date())
        watch_dates()
        agency, officer = make_user(acme, Role.AGENCY_MARKETER), make_user(acme, Role.CLIENT_DPO)
        make_dispatch()
        before = FakeChannel()
        with schema_context("public"):
            work(before, seconds=30)
        assert len(before.sent) == 2
        assert client_of(acme, user=agency).get("/broadcasts/").status_code == 200
    with clock.at(AFTER), tenant_context(acme):
        late = make_dispatch()  # the clock has not noticed the end yet: the gate has
        channel = FakeChannel()
        with schema_context("public"):
            work(channel, seconds=30)
        watch_dates()
        assert channel.sent == []
        held = Message.objects.filter(dispatch=late).values_list("reason", flat=True)
        assert list(held) == ["B_AGREEMENT"] * 2
        assert client_of(acme, user=agency).get("/broadcasts/").status_code == 403
        assert client_of(acme, user=officer).get("/registers/").status_code == 200
    path = "/" + before.sent[0].unsubscribe_url.split("/", 3)[3]
    with clock.at(AFTER):
        answer = Client(headers={"host": host_of(acme)}).post(
            path, {"List-Unsubscribe": "One-Click"}
        )
    assert answer.status_code == 200
    with tenant_context(acme):
        assert AdPermission.objects.filter(status="REVOKED").count() == 1
        task = Task.objects.get(kind="registers.offboarding", status=Task.Status.OPEN)
        assert task.due_at is not None
        assert (task.due_at.astimezone(ZONE).date() - AFTER.date()).days <= 30
