"""What follows from the papers: the public copy of the dates, the company's state, the work."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cvm_platform.common import bulk, clock
from tenants.accounts.contracts import Permission
from tenants.approvals.contracts import TaskKind
from tenants.approvals.models import Task
from tenants.approvals.services import close_task, open_task
from tenants.audit.services import SYSTEM, record
from tenants.registers import registry, selectors
from tenants.registers.models import ProcessorAgreement
from tenants.registers.services.opening import open_if_complete
from tenants.registers.services.regulator import watch_notice
from tenants.tenancy import services as tenancy
from tenants.tenancy.models import Tenant
from tenants.tenancy.selectors import current_tenant

OFFBOARDING = "registers.offboarding"
Status = ProcessorAgreement.Status


def _title(params: Mapping[str, Any]) -> str:
    text = _("The assignment %(number)s is over: return or destroy the data")
    return text % {"number": params["number"]}


OFFBOARDING_KIND = TaskKind(
    OFFBOARDING, gettext_lazy("Return or destruction of data"), Permission.REGISTERS_EDIT, _title
)


def publish() -> None:
    """After every change of a paper, in its transaction."""
    tenant = current_tenant()
    row = ProcessorAgreement.objects.filter(
        is_platform=True, status__in=[Status.ACTIVE, Status.SUSPENDED]
    ).first()
    last = row or ProcessorAgreement.objects.filter(is_platform=True, status=Status.ENDED).first()
    tenancy.set_assignment(
        tenant=tenant,
        start=last.starts_at(tenant.timezone) if last else None,
        end=last.stops_at(tenant.timezone) if last else None,
    )
    _move_company(tenant, row, last)
    for over in ProcessorAgreement.objects.filter(status=Status.ENDED, is_platform=True):
        _open_offboarding(over, is_replaced=row is not None)
    registry.tell_processors(selectors.parties(clock.now()))
    watch_notice()
    open_if_complete()


def _move_company(
    tenant: Tenant, row: ProcessorAgreement | None, last: ProcessorAgreement | None
) -> None:
    """An ended assignment closes the company, a suspended one suspends it; a new one reopens."""
    now = clock.now()
    status = Tenant.objects.values_list("status", flat=True).get(pk=tenant.pk)
    if status in {Tenant.Status.ONBOARDING, Tenant.Status.CLOSED}:
        return
    if row is None:
        wanted = Tenant.Status.OFFBOARDING if last else status
    elif row.status == Status.SUSPENDED:
        wanted = Tenant.Status.SUSPENDED
    else:
        wanted = Tenant.Status.ACTIVE if row.runs_at(now, tenant.timezone) else status
    if wanted != status:
        tenancy.set_status(tenant=tenant, status=wanted)


def _open_offboarding(row: ProcessorAgreement, *, is_replaced: bool) -> None:
    """Return or destroy within the days that the assignment names, 30 at most."""
    key = str(row.public_id)
    if is_replaced:
        # the data goes on under the new paper: nothing is to be returned
        close_task(kind=OFFBOARDING, key=key, is_done=False)
        return
    stops = row.stops_at(current_tenant().timezone)
    if stops is None or Task.objects.filter(kind=OFFBOARDING, key=key).exists():
        return
    open_task(
        kind=OFFBOARDING, key=key, params={"number": row.number},
        url=f"/registers/agreements/{row.public_id}/", since=stops,
        due_at=_due(stops, row.on_end_days),
    )  # fmt: skip


def _due(stops: datetime, days: int) -> datetime:
    zone = ZoneInfo(current_tenant().timezone)
    last = stops.astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(last, time(23, 59, 59), zone)


def watch_dates() -> int:
    """Ends what is over by its dates; returns how many. Access and sending do not wait for this:
    they look at the dates themselves.
    """
    now, zone = clock.now(), current_tenant().timezone
    ended = 0
    with transaction.atomic():
        bulk.lock_tenant("registers:dates")
        for row in ProcessorAgreement.objects.filter(status=Status.ACTIVE):
            stops = row.stops_at(zone)
            if stops is None or now < stops:
                continue
            row.status, row.ended_at = Status.ENDED, stops
            row.end_reason = _("Its term is over")
            row.save(update_fields=["status", "ended_at", "end_reason"])
            record(actor=SYSTEM, action="agreement.ended", target=row,
                   details={"number": row.number})  # fmt: skip
            ended += 1
        # those that start today open the company again
        publish()
    return ended
