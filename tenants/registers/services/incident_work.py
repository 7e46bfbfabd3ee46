"""Who must do what about a leak by when, and how the company is told."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.core.mail import EmailMessage
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cvm_platform.common import clock
from tenants.accounts.contracts import Permission
from tenants.approvals import selectors as approvals
from tenants.approvals.contracts import TaskKind
from tenants.approvals.services import close_task, open_task
from tenants.approvals.services.reminding import mail_each
from tenants.audit.services import Actor
from tenants.registers import selectors
from tenants.registers.models import LeakIncident
from tenants.tenancy.selectors import base_url, current_tenant

CALL, PRIMARY, ADDITIONAL = "incidents.call", "incidents.primary", "incidents.additional"


def _when(params: Mapping[str, Any]) -> str:
    moment = parse_datetime(params["detected_at"])
    return date_format(localtime(moment), "j E, H:i") if moment else params["detected_at"]


def _titled(text: Callable[[], str]) -> Callable[[Mapping[str, Any]], str]:
    return lambda params: text() % {"when": _when(params)}


KINDS = (
    TaskKind(
        CALL, gettext_lazy("Call about a leak"), Permission.REGISTERS_EDIT,
        _titled(lambda: _("Call the company about the leak noticed on %(when)s")),
    ),
    TaskKind(
        PRIMARY, gettext_lazy("Primary notice of a leak"), Permission.PRIVACY_OVERSEE,
        _titled(lambda: _("Send the primary notice of the leak noticed on %(when)s")),
        by_hand=False,
    ),
    TaskKind(
        ADDITIONAL, gettext_lazy("Results of an investigation"), Permission.PRIVACY_OVERSEE,
        _titled(lambda: _("Send the results about the leak noticed on %(when)s")), by_hand=False,
    ),
)  # fmt: skip


def open_work(row: LeakIncident) -> None:
    """Three clocks; opening again brings their terms up to date."""
    waiting: tuple[tuple[str, datetime, bool], ...] = (
        (CALL, row.operator_due, row.operator_notified_at is None),
        (PRIMARY, row.primary_due, row.primary_sent_at is None),
        (ADDITIONAL, row.additional_due, row.additional_sent_at is None),
    )
    for kind, due_at, is_needed in waiting:
        if is_needed:
            open_task(
                kind=kind, key=str(row.public_id), since=row.detected_at, due_at=due_at,
                params={"detected_at": row.detected_at.isoformat()}, url=_path(row),
            )  # fmt: skip


def close_work(row: LeakIncident, actor: Actor, *, is_done: bool = True) -> None:
    for kind in (CALL, PRIMARY, ADDITIONAL):
        close_task(kind=kind, key=str(row.public_id), actor=actor, is_done=is_done)


def _path(row: LeakIncident) -> str:
    return f"/registers/incidents/{row.public_id}/"


def tell_operator(*, incident_id: int) -> int:
    """Mails the company: its officer's address and everybody who answers for the data there.

    The phone call stays open as work: a mail that was sent is not yet a mail that was read.

    Returns:
        How many mails; when there was nobody to mail, the company is not told.
    """
    row = LeakIncident.objects.filter(pk=incident_id).first()
    if row is None or row.operator_notified_at is not None:
        return 0
    people = approvals.people_who_may(Permission.PRIVACY_OVERSEE)
    sent = mail_each(people, _subject, lambda: _body(row), _path(row))
    outside = selectors.operator().dpo_email
    if outside and outside not in {user.email for user in people}:
        EmailMessage(
            subject=_subject(), to=[outside],
            body=f"{_body(row)}\n\n{base_url(current_tenant())}{_path(row)}",
        ).send()  # fmt: skip
        sent += 1
    if sent:
        LeakIncident.objects.filter(pk=row.pk, operator_notified_at=None).update(
            operator_notified_at=clock.now()
        )
    return sent


def _subject() -> str:
    return _("Possible leak of personal data: the clock is running")


def _body(row: LeakIncident) -> str:
    def when(moment: datetime) -> str:
        return date_format(localtime(moment), "j E Y, H:i")

    text = _(
        "Noticed on %(at)s.\n"
        "The primary notice to the regulator is due by %(primary)s, the results of the "
        "investigation by %(additional)s (152-FZ, article 21(3.1)). The hours do not pause on "
        "weekends. A draft with all that is known is ready."
    )
    return text % {
        "at": when(row.detected_at), "primary": when(row.primary_due),
        "additional": when(row.additional_due),
    }  # fmt: skip
