"""What the regulator was told against what is true now (152-FZ, article 22(7))."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cvm_platform.common import clock
from tenants.accounts.contracts import Permission
from tenants.approvals.contracts import TaskKind
from tenants.approvals.models import Task
from tenants.approvals.services import close_task, open_task
from tenants.registers import selectors
from tenants.registers.models import Purpose
from tenants.tenancy.selectors import current_tenant

NOTICE = "registers.notice"
_DUE_DAY, _REMIND_DAY, _MONTHS = 15, 5, 12


def _title(_params: Mapping[str, Any]) -> str:
    return _("Tell the regulator about the changes: form 2, by the 15th")


KIND = TaskKind(
    NOTICE, gettext_lazy("Notice to the regulator"), Permission.PRIVACY_OVERSEE, _title,
    by_hand=False,
)  # fmt: skip


def facts() -> dict[str, list[str]]:
    """What a notice tells: purposes, categories, processors, places of databases."""
    active = Purpose.objects.filter(status=Purpose.Status.ACTIVE)
    said = selectors.operator()
    return {
        "purposes": sorted(active.values_list("code", flat=True)),
        "categories": sorted({each for row in active for each in row.pd_categories}),
        "processors": sorted(set(selectors.processor_names(clock.now()))),
        "places": sorted(
            f"{place.get('country', '')}: {place.get('place', '')}" for place in said.db_locations
        ),
    }


def differences() -> dict[str, tuple[list[str], list[str]]]:
    """{name: (told, now)} for what differs; empty where nothing was told yet."""
    told = selectors.operator().notified
    if not told:
        return {}
    now = facts()
    return {
        name: (list(told.get(name, [])), now[name])
        for name in now
        if list(told.get(name, [])) != now[name]
    }


def due_on(changed: date) -> date:
    """The 15th of the month after the change."""
    year, month = divmod(changed.month, _MONTHS)
    return date(changed.year + year, month + 1, _DUE_DAY)


def remind_from(changed: date) -> date:
    """From the 5th on it is no longer far away."""
    return due_on(changed).replace(day=_REMIND_DAY)


def watch_notice() -> None:
    """Opens the work when something differs, keeps its first term, closes it when told."""
    zone = current_tenant().timezone
    if not differences():
        close_task(kind=NOTICE, key="notice")
        return
    known = _open_since()
    today = clock.today(zone)
    day = known or today
    due = datetime.combine(due_on(day), time(23, 59, 59), ZoneInfo(zone))
    open_task(
        kind=NOTICE, key="notice", params={"since": day.isoformat()},
        url="/registers/operator/", due_at=due, since=None,
    )  # fmt: skip


def _open_since() -> date | None:
    row = Task.objects.filter(kind=NOTICE, key="notice", status=Task.Status.OPEN).first()
    return date.fromisoformat(row.params["since"]) if row else None
