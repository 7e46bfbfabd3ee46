"""What the agency opened yesterday, told to the client's data protection officer once a day."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cvm_platform.common import bulk, clock
from tenants.accounts.contracts import AGENCY_ROLES, Permission
from tenants.approvals import selectors
from tenants.approvals.contracts import TaskKind
from tenants.approvals.models import Task
from tenants.approvals.services.reminding import mail_each
from tenants.approvals.services.working import open_task
from tenants.audit.contracts import Action, Result
from tenants.audit.models import ProcessingEntry
from tenants.tenancy.selectors import current_tenant

REVEALS = "reveals.daily"


def _title(params: Mapping[str, Any]) -> str:
    day = parse_date(params["day"])
    count = params["fields"]
    text = ngettext(
        "On %(day)s the agency opened %(n)d field: look why",
        "On %(day)s the agency opened %(n)d fields: look why", count,
    )  # fmt: skip
    return text % {"day": date_format(day, "j E") if day else params["day"], "n": count}


KIND = TaskKind(REVEALS, gettext_lazy("Revealed fields"), Permission.PRIVACY_OVERSEE, _title)


def tell_reveals() -> int:
    """Yesterday's reveals by agency roles as one task and one mail to each officer of the client.

    Returns:
        How many fields; 0 when there were none or they were told already.
    """
    zone = ZoneInfo(current_tenant().timezone)
    day = clock.now().astimezone(zone).date() - timedelta(days=1)
    start = datetime.combine(day, time.min, zone)
    fields = ProcessingEntry.objects.filter(
        action=Action.REVEAL, result=Result.DONE, actor_role__in=AGENCY_ROLES,
        at__gte=start, at__lt=datetime.combine(day + timedelta(days=1), time.min, zone),
    ).count()  # fmt: skip
    if not fields:
        return 0
    key = day.isoformat()
    bulk.lock_tenant(REVEALS)
    if Task.objects.filter(kind=REVEALS, key=key).exists():
        return 0
    url = f"/log/?action={Action.REVEAL}&since={key}&until={key}"
    params = {"day": key, "fields": fields}
    open_task(kind=REVEALS, key=key, params=params, url=url)
    mail_each(
        selectors.people_who_may(Permission.PRIVACY_OVERSEE),
        lambda: _title(params),
        _explained,
        url,
    )
    return fields


def _explained() -> str:
    return _(
        "Each field was opened with a reason and the number of a request; they are in the log."
    )
