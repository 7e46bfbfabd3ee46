"""What the agency received goes to the company within a working day (specification 3.10)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cvm_platform.common import clock
from cvm_platform.common.errors import Conflict
from tenants.accounts.contracts import Permission
from tenants.approvals.contracts import TaskKind
from tenants.approvals.selectors import people_who_may
from tenants.approvals.services import close_task, open_task
from tenants.approvals.services.reminding import mail_each
from tenants.audit.services import Actor
from tenants.requests.contracts import Party
from tenants.requests.models import SubjectRequest
from tenants.requests.services.clocks import url_of
from tenants.requests.services.journal import note
from tenants.requests.services.locking import locked

FORWARD = "requests.forward"


def _title(params: Mapping[str, Any]) -> str:
    return _("Hand request No. %(number)s over to the company") % {"number": params["number"]}


FORWARD_KIND = TaskKind(
    FORWARD, gettext_lazy("Requests of customers"), Permission.REQUESTS_REGISTER, _title,
    by_hand=False,
)  # fmt: skip


def open_forward_task(request: SubjectRequest) -> None:
    if request.party != Party.PROCESSOR or request.forwarded_at is not None:
        return
    open_task(
        kind=FORWARD, key=str(request.pk), params={"number": request.pk}, url=url_of(request),
        since=request.received_at, due_at=request.forward_due_at,
    )  # fmt: skip


def forward(*, public_id: UUID, actor: Actor, how: str = "") -> SubjectRequest:
    """Mails the company's officers that it is there; or notes how else it was handed over.

    Args:
        how: a letter's number, a date: where the company has no officer on the platform.

    Raises: NotFound; Conflict: not the agency's, done already, or nobody to hand it to.
    """
    with transaction.atomic():
        request = locked(public_id)
        if request.party != Party.PROCESSOR:
            raise Conflict(_("The company received this itself."), code="not_received_here")
        if request.forwarded_at is not None:
            raise Conflict(_("This is handed over already."), code="forwarded")
        officers = people_who_may(Permission.REQUESTS_WORK)
        if not officers and not how.strip():
            text = _("The company has no officer here: hand it over by letter, write its number.")
            raise Conflict(text, code="nobody", fields={"how": text})
        request.forwarded_at = clock.now()
        request.save(update_fields=["forwarded_at"])
        close_task(kind=FORWARD, key=str(request.pk), actor=actor)
        note(request, actor, "forwarded", officers=len(officers), how=how.strip()[:100])
        number = request.pk
        transaction.on_commit(
            lambda: mail_each(
                officers,
                lambda: _("A customer's request came through the agency: No. %(number)s")
                % {"number": number},
                lambda: "", url_of(request),
            )
        )  # fmt: skip
    return request
