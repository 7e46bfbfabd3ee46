"""Next year's calendar is missed from October on, by whoever looks after the law."""

import json
from datetime import UTC, date, datetime

from django.core import mail

from cvm_platform.common import clock
from tenants.accounts.contracts import Role
from tenants.accounts.models import User
from tenants.approvals import services
from tenants.approvals.models import Task
from tenants.approvals.services.calendar import watch_calendar
from tenants.tenancy.models import Tenant
from tenants.workdays.services import load_year
from tests.factories.accounts import client_of, make_user

YEAR_2028 = {
    "year": 2028, "source": "test", "days_off": [], "working": [], "short": [],
    "working_days": 260,
}  # fmt: skip


def test_a_missing_year_is_work_until_it_is_loaded(acme: Tenant) -> None:
    with clock.at(datetime(2027, 9, 30, 12, tzinfo=UTC)):
        assert watch_calendar() == []
    with clock.at(datetime(2027, 10, 1, 12, tzinfo=UTC)):
        assert watch_calendar() == watch_calendar() == [2028]
        task = Task.objects.get()
        assert (task.key, task.status, task.due_at) == (
            "2028",
            "open",
            datetime(2028, 1, 1, tzinfo=UTC),
        )
        html = client_of(acme, Role.CLIENT_DPO).get("/tasks/").content.decode()
        assert "Производственный календарь на 2028 год не загружен" in html
    load_year(json.dumps(YEAR_2028))
    with clock.at(datetime(2027, 12, 1, tzinfo=UTC)):
        assert watch_calendar() == []
    task.refresh_from_db()
    assert task.status == "done"


def test_who_is_responsible_is_reminded(acme: Tenant) -> None:
    dpo, other = make_user(acme, Role.CLIENT_DPO), make_user(acme, Role.CLIENT_MARKETER)
    User.objects.filter(pk__in=[dpo.pk, other.pk]).update(training_valid_until=date(2028, 6, 1))
    with clock.at(datetime(2027, 12, 20, tzinfo=UTC)):
        watch_calendar()
        services.remind()
    assert [letter.to for letter in mail.outbox] == [[dpo.email]]
