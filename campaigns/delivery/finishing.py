"""The end of a slice, of a dispatch, and of a worker that did not come back."""

from datetime import timedelta

from django.db import transaction

from analytics.events.contracts import NewEvent
from analytics.events.services import record_events
from campaigns.delivery import bounces, claims, contracts, outbox, registry
from campaigns.delivery.contracts import Claim
from campaigns.delivery.models import Dispatch, Slice
from campaigns.delivery.outbox import Stopped
from campaigns.delivery.statements import execute, rows_of
from cvm_platform.common import clock
from tenants.audit.contracts import Action
from tenants.audit.services import SYSTEM, ProcessingRow, log_processing
from tenants.tenancy.selectors import current_tenant

SOURCE = "delivery"
MOST_ATTEMPTS = 60  # of a slice; with the longest wait between them that is more than half a day
_SHORTEST_WAIT, _LONGEST_WAIT = 5, 900


def wait_seconds_after(attempts: int) -> int:
    """5, 10, 20 … 900 seconds."""
    doublings = min(max(0, attempts - 1), 10)
    return min(_LONGEST_WAIT, _SHORTEST_WAIT << doublings)


def finish_slice(claim: Claim, *, wait_seconds: int = 0) -> str:
    """Tells what was sent as events, then closes the slice or puts its rest off.

    Events carry a key, so a slice that is finished twice tells nothing twice.

    Returns:
        "done", or "later" when somebody is left to be tried again.

    Raises:
        LeaseLost: the slice is somebody else's by now, who will finish it.
    """
    _tell_events(claim)
    with transaction.atomic():
        try:
            outbox.keep_lease(claim)
        except Stopped:
            release_slice(claim)
            return "released"
        left, sent = rows_of(
            "SELECT count(*) FILTER (WHERE state = 'sending'), "
            "count(*) FILTER (WHERE state = 'sent') FROM delivery_message "
            "WHERE dispatch_id = %(dispatch)s AND slice_number = %(slice)s",
            {"dispatch": claim.dispatch_id, "slice": claim.number},
        )[0]
        if left and claim.attempts < MOST_ATTEMPTS:
            wait = max(wait_seconds, wait_seconds_after(claim.attempts))
            _put_off(claim, min(wait, _LONGEST_WAIT))
            _sync(claim.dispatch_id)
            return "later"
        if left:
            _give_up(claim)
        Slice.objects.filter(pk=claim.slice_id).update(
            status=Slice.Status.DONE, lease_until=None, lease_owner=""
        )
        _log_sending(claim, sent)
        finish_if_done(claim.dispatch_id)
    return "done"


def release_slice(claim: Claim) -> None:
    """Gives a slice back unfinished: paused, it waits; cancelled, its rest is cancelled."""
    with transaction.atomic():
        changed = Slice.objects.filter(
            pk=claim.slice_id, lease_owner=claim.owner, status=Slice.Status.CLAIMED
        ).update(status=Slice.Status.PENDING, lease_until=None, lease_owner="")
        if not changed:
            return
        _settle_stopped(claim.dispatch_id)
        _sync(claim.dispatch_id)


def _settle_stopped(dispatch_id: int) -> None:
    status = Dispatch.objects.values_list("status", flat=True).get(pk=dispatch_id)
    if status == Dispatch.Status.CANCELLED:
        outbox.cancel_slices(dispatch_id)


def reap_slices() -> int:
    """Takes back slices whose worker is gone; what it had handed over is ambiguous, never sent
    again, and the rest goes through the gate again. Returns how many slices.
    """
    now = clock.now()
    with transaction.atomic():
        dead = rows_of(
            "SELECT id, dispatch_id, number FROM delivery_slice WHERE status = 'claimed' "
            "AND lease_until < %(now)s FOR UPDATE SKIP LOCKED",
            {"now": now},
        )
        for slice_id, dispatch_id, number in dead:
            execute(
                "UPDATE delivery_message SET state = 'ambiguous', reason = %(reason)s "
                "WHERE dispatch_id = %(dispatch)s AND slice_number = %(slice)s "
                "AND state = 'sending' AND handed_over_at IS NOT NULL",
                {"dispatch": dispatch_id, "slice": number, "reason": outbox.NO_ANSWER},
            )
            Slice.objects.filter(pk=slice_id).update(
                status=Slice.Status.PENDING, lease_until=None, lease_owner=""
            )
        for dispatch_id in {row[1] for row in dead}:
            _settle_stopped(dispatch_id)
    return len(dead)


def finish_if_done(dispatch_id: int) -> bool:
    """Closes a running dispatch whose slices are all done; exactly one caller does it."""
    # no_key: the foreign keys of slices and messages may still look at the row meanwhile
    dispatch = Dispatch.objects.select_for_update(no_key=True).get(pk=dispatch_id)
    if dispatch.status != Dispatch.Status.RUNNING:
        return False
    if Slice.objects.filter(dispatch_id=dispatch_id).exclude(status=Slice.Status.DONE).exists():
        return False
    dispatch.status = Dispatch.Status.FINISHED
    dispatch.finished_at = clock.now()
    dispatch.save(update_fields=["status", "finished_at"])
    registry.tell(dispatch_id, dispatch.status)
    return True


def _put_off(claim: Claim, seconds: int) -> None:
    Slice.objects.filter(pk=claim.slice_id).update(
        status=Slice.Status.PENDING, lease_until=None, lease_owner="",
        not_before=clock.now() + timedelta(seconds=seconds),
    )  # fmt: skip


def _give_up(claim: Claim) -> None:
    execute(
        "UPDATE delivery_message SET state = 'failed', reason = %(gave_up)s "
        "WHERE dispatch_id = %(dispatch)s AND slice_number = %(slice)s AND state = 'sending'",
        {"dispatch": claim.dispatch_id, "slice": claim.number, "gave_up": contracts.GAVE_UP},
    )


def _tell_events(claim: Claim) -> None:
    rows = rows_of(
        "SELECT customer_id, state, COALESCE(sent_at, handed_over_at, created_at) "
        "FROM delivery_message WHERE dispatch_id = %(dispatch)s AND slice_number = %(slice)s "
        "AND (state || '' = 'sent' OR (state || '' = 'failed' AND reason = %(hard)s))",
        {"dispatch": claim.dispatch_id, "slice": claim.number, "hard": bounces.HARD},
    )
    if not rows:
        return
    buried = [customer_id for customer_id, state, _at in rows if state == "failed"]
    bounces.bury_addresses(claim.dispatch_id, buried)
    kinds = {"sent": "sent", "failed": "bounce"}
    record_events(
        events=[
            NewEvent(
                customer_id, at, kinds[state], subject_id=claim.dispatch_id,
                key=f"{kinds[state]}:{claim.dispatch_id}:{customer_id}",
            )
            for customer_id, state, at in rows
        ],
        source=SOURCE,
    )  # fmt: skip


def _log_sending(claim: Claim, sent: int) -> None:
    """A line a slice; who got what on which permission stands in the messages themselves."""
    if not sent:
        return
    log_processing(
        rows=[
            ProcessingRow(
                actor=SYSTEM, action=Action.SEND, object_type="delivery.slice",
                object_id=f"{claim.dispatch_id}/{claim.number}", count=sent,
                categories=["email", "name"],
            )
        ]
    )  # fmt: skip


def _sync(dispatch_id: int) -> None:
    """The lane learns when its next slice is due; in the tenant of the connection."""
    lane = Dispatch.objects.values_list("lane", flat=True).get(pk=dispatch_id)
    claims.sync_lane(current_tenant().pk, lane)
