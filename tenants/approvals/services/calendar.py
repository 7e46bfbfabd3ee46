"""The production calendar is missed from 1 October on: without it no term of next year is legal."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cvm_platform.common import clock
from tenants.accounts.contracts import Permission
from tenants.approvals.contracts import TaskKind
from tenants.approvals.models import Task
from tenants.approvals.services.working import close_task, open_task
from tenants.tenancy.selectors import current_tenant
from tenants.workdays.selectors import FIRST_ALARM, missing_years

CALENDAR_MISSING = "calendar.missing"


def _title(params: Mapping[str, Any]) -> str:
    text = _("The production calendar of %(year)s is not loaded: terms in it are provisional")
    return text % {"year": params["year"]}


KIND = TaskKind(
    CALENDAR_MISSING, gettext_lazy("Production calendar"), Permission.AUDIT_VIEW, _title,
    by_hand=False,
)  # fmt: skip


def watch_calendar() -> list[int]:
    """Opens work for every year that is missed and closes it when the year is there."""
    today = clock.today(current_tenant().timezone)
    missed = missing_years(today.year, today.month, today.day)
    for year in missed:
        alarm = datetime.combine(date(year - 1, *FIRST_ALARM), datetime.min.time(), UTC)
        due = datetime(year, 1, 1, tzinfo=UTC)
        open_task(kind=CALENDAR_MISSING, key=str(year), params={"year": year}, since=alarm,
                  due_at=due)  # fmt: skip
    for key in Task.objects.filter(kind=CALENDAR_MISSING, status=Task.Status.OPEN).values_list(
        "key", flat=True
    ):
        if int(key) not in missed:
            close_task(kind=CALENDAR_MISSING, key=key)
    return missed
