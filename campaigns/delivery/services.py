"""The one door to sending: start, pause, resume, cancel, and the work itself."""

import time
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django_tenants.utils import get_public_schema_name, schema_context, tenant_context

from campaigns.channels.contracts import ChannelAdapter
from campaigns.delivery import claims, finishing, outbox, registry
from campaigns.delivery.bounces import HARD
from campaigns.delivery.content import Content, freeze
from campaigns.delivery.contracts import Claim, Policy
from campaigns.delivery.models import Dispatch
from campaigns.delivery.selectors import dispatch_counts
from campaigns.delivery.sending import SliceReport, work_slice
from campaigns.delivery.statements import execute
from campaigns.delivery.trust import HALTED
from cvm_platform.common import clock
from cvm_platform.common.errors import Conflict
from cvm_platform.common.jobs import enqueue
from tenants.approvals.services import close_task, open_task
from tenants.channel_law.selectors import demand_lawful
from tenants.tenancy.models import Tenant
from tenants.tenancy.selectors import current_tenant

Status = Dispatch.Status
_WORKERS_WOKEN = 2
_REFUSING = "server_refuses"
_LEAST_TO_JUDGE, _MOST_BOUNCED_PERCENT, _MOST_COMPLAINED_PERMILLE = 200, 5, 3
_ANSWER_WITHIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Audience:
    """SQL that selects distinct customers in one column `customer_id`, and its parameters."""

    sql: str
    params: dict[str, Any]


@dataclass(frozen=True, slots=True)
class WorkReport:
    """One turn of a worker; `trouble` is the code of what the mail server said, or ""."""

    slices: int
    sent: int
    trouble: str


def start_dispatch(
    *,
    audience: Audience,
    content: Content,
    policy: Policy,
    lane: str = "bulk",
    price: Decimal = Decimal(0),
    slice_size: int = 200,
) -> Dispatch:
    """Fixes the audience and the content, cuts slices, and wakes the workers after the commit.

    Args:
        price: of one message, minor units.
        slice_size: 100-500; smaller slices let neighbours in sooner.

    Raises:
        TemplateInvalid: the content cannot be sent; nothing was made.
        Conflict: the tenant may not send now.
        Forbidden: the channel is closed by law (B_CHANNEL_LAW, B_CROSS_BORDER).
    """
    tenant = current_tenant()
    if tenant.status != Tenant.Status.ACTIVE:
        raise Conflict(_("The company is not active: nothing can be sent."), code="not_active")
    demand_lawful(policy.channel, content.message_class, erid=content.erid)
    with transaction.atomic():
        dispatch = Dispatch.objects.create(
            purpose=Dispatch.Purpose.BROADCAST, lane=lane, status=Status.RUNNING, price=price,
            channel=policy.channel,
            content=freeze(content, tenant), policy=policy.to_json(), slice_size=slice_size,
            started_at=clock.now(),
        )  # fmt: skip
        params = {**audience.params, "dispatch": dispatch.pk, "size": slice_size}
        dispatch.audience = execute(
            "INSERT INTO delivery_recipient (dispatch_id, customer_id, slice_number) "
            "SELECT %(dispatch)s, a.customer_id, "
            "(row_number() OVER (ORDER BY a.customer_id) - 1) / %(size)s "
            f"FROM ({audience.sql}) a",
            params,
        )
        execute(
            "INSERT INTO delivery_slice (dispatch_id, number, size, status, lease_owner, attempts) "
            "SELECT dispatch_id, slice_number, count(*), 'pending', '', 0 FROM delivery_recipient "
            "WHERE dispatch_id = %(dispatch)s GROUP BY dispatch_id, slice_number",
            params,
        )
        dispatch.save(update_fields=["audience"])
        finishing.finish_if_done(dispatch.pk)  # nobody at all
        claims.enter_lane(tenant.pk, lane, tenant.plan.weight)
        wake_workers()
    return dispatch


def wake_workers() -> None:
    """After the commit; a lost wake-up is made good by the clock's own."""
    for _worker in range(_WORKERS_WOKEN):
        enqueue("delivery.wake")


def pause_dispatch(*, dispatch_id: int, reason: str = "") -> Dispatch:
    """No further window leaves; what is on the wire gets its answers.

    Raises:
        Conflict: it is not running.
    """
    return _move(dispatch_id, (Status.RUNNING,), Status.PAUSED, reason=reason)


def resume_dispatch(*, dispatch_id: int) -> Dispatch:
    """Goes on where it stopped; everybody left goes through the gate again.

    Raises:
        Conflict: it is not paused.
    """
    with transaction.atomic():
        dispatch = _move(dispatch_id, (Status.PAUSED,), Status.RUNNING)
        close_task(kind=HALTED, key=str(dispatch_id))
        finishing.finish_if_done(dispatch_id)
        wake_workers()
    dispatch.refresh_from_db()
    return dispatch


def cancel_dispatch(*, dispatch_id: int) -> Dispatch:
    """Ends it for good: everybody without a message is suppressed as cancelled.

    Raises:
        Conflict: it is over already.
    """
    with transaction.atomic():
        dispatch = _move(dispatch_id, (Status.RUNNING, Status.PAUSED), Status.CANCELLED)
        close_task(kind=HALTED, key=str(dispatch_id), is_done=False)
        outbox.cancel_slices(dispatch_id)
    return dispatch


def _move(
    dispatch_id: int, allowed: tuple[str, ...], status: Dispatch.Status, *, reason: str = ""
) -> Dispatch:
    with transaction.atomic():
        dispatch = Dispatch.objects.select_for_update(no_key=True).get(pk=dispatch_id)
        if dispatch.status not in allowed:
            label = dispatch.get_status_display()
            text = _("This cannot be done now: the sending is in the state “%(state)s”.")
            raise Conflict(text % {"state": label}, code="wrong_state")
        dispatch.status = status
        dispatch.pause_reason = reason[:200]
        if status == Status.CANCELLED:
            dispatch.finished_at = clock.now()
        dispatch.save(update_fields=["status", "pause_reason", "finished_at"])
        registry.tell(dispatch_id, status)
        claims.sync_lane(current_tenant().pk, dispatch.lane)
    return dispatch


def work(adapter: ChannelAdapter[Any], *, seconds: float) -> WorkReport:
    """Claims and works slices of all tenants until none is left or the time is up.

    Starts and ends in public. A server that takes nothing ends the turn: the clock starts the
    next one.
    """
    deadline = time.monotonic() + seconds
    slices = sent = 0
    trouble = ""
    while not trouble and time.monotonic() < deadline:
        claim = claims.claim_slice()
        if claim is None:
            break
        report = _work_one(claim, adapter)
        slices, sent, trouble = slices + 1, sent + report.sent, report.trouble
    return WorkReport(slices, sent, trouble)


def _work_one(claim: Claim, adapter: ChannelAdapter[Any]) -> SliceReport:
    with schema_context(get_public_schema_name()):
        tenant = Tenant.objects.select_related("plan").get(schema_name=claim.schema)
    with tenant_context(tenant):
        report = work_slice(claim, tenant=tenant, adapter=adapter)
        if report.unreadable:
            halt(claim.dispatch_id, report.unreadable)
        elif report.trouble == _REFUSING:  # one message after another: it would fail everybody
            pause_if_running(
                claim.dispatch_id,
                _("The mail server refuses every message. Check the sender and the server."),
            )
        elif report.bounced and _bounces_too_much(claim.dispatch_id):
            pause_if_running(
                claim.dispatch_id,
                _("Too many addresses do not exist: 5 % or more. Check where they came from."),
            )
    return report


def halt(dispatch_id: int, details: str) -> None:
    """Facts that the gate needs cannot be read: nobody is written to, and somebody is told."""
    with transaction.atomic():
        pause_if_running(
            dispatch_id,
            _("Consents, stops or the registers cannot be read: nobody is written to."),
        )
        open_task(
            kind=HALTED, key=str(dispatch_id), params={"dispatch": dispatch_id, "why": details},
            url="/broadcasts/", due_at=clock.now() + _ANSWER_WITHIN,
        )  # fmt: skip


def _bounces_too_much(dispatch_id: int) -> bool:
    """From 5 % of dead addresses on, mail services take a sender for a spammer (REQ-E2)."""
    counts = dispatch_counts(dispatch_id)
    tried = counts.sent + counts.failed + counts.ambiguous
    bounced = counts.failures.get(HARD, 0)
    return tried >= _LEAST_TO_JUDGE and bounced * 100 >= _MOST_BOUNCED_PERCENT * tried


def complains_too_much(dispatch_id: int, complaints: int) -> bool:
    """From 0.3 % of complaints on, mail services stop to deliver (REQ-E2)."""
    sent = dispatch_counts(dispatch_id).sent
    return sent >= _LEAST_TO_JUDGE and complaints * 1000 >= _MOST_COMPLAINED_PERMILLE * sent


def pause_if_running(dispatch_id: int, reason: str) -> None:
    """Somebody else may have stopped it already."""
    try:
        pause_dispatch(dispatch_id=dispatch_id, reason=reason)
    except Conflict:
        return


def reap() -> int:
    """Takes back what dead workers held, in every tenant that sends; corrects the lanes.

    Starts and ends in public. Returns how many slices came back.
    """
    total = 0
    with schema_context(get_public_schema_name()):
        waiting = claims.tenants_at_work()
    for tenant_id, schema, lane in waiting:
        with schema_context(schema), transaction.atomic():
            total += finishing.reap_slices()
            for dispatch_id in Dispatch.objects.filter(status=Status.RUNNING).values_list(
                "pk", flat=True
            ):
                finishing.finish_if_done(dispatch_id)
            claims.sync_lane(tenant_id, lane)
    return total
