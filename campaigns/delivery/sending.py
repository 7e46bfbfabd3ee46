"""One slice from the gate to its last outcome.

Messages leave in windows: a window is marked and committed, then put on the wire; the outcomes
of the one before are written first. At any moment at most a window plus what the connection
holds unanswered is in doubt.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from campaigns.channels.contracts import (
    Ambiguous,
    ChannelAdapter,
    Fault,
    NotAttempted,
    Outcome,
    OutgoingEmail,
    Rejected,
    Sent,
)
from campaigns.delivery import bounces, finishing, outbox
from campaigns.delivery import contracts as c
from campaigns.delivery.composing import Composer, Person
from campaigns.delivery.content import thaw
from campaigns.delivery.contracts import Claim, Gated, Policy
from campaigns.delivery.models import Dispatch
from campaigns.delivery.outbox import LeaseLost, Stopped, Written
from tenants.tenancy.models import Tenant

MOST_TRIES = 4  # of one recipient whom the server refuses for now
Adapter = ChannelAdapter[Any]


@dataclass(slots=True)
class _Run:
    """State of one slice while it is worked."""

    claim: Claim
    policy: Policy
    pending: list[Written] = field(default_factory=list)  # outcomes not yet written
    stop: NotAttempted | None = None  # the server wants no more
    halt: LeaseLost | Stopped | None = None  # we want no more
    sent: int = 0
    bounced: int = 0

    def flush(self) -> None:
        outcomes, self.pending = self.pending, []
        outbox.write_outcomes(self.claim.dispatch_id, outcomes)


@dataclass(frozen=True, slots=True)
class SliceReport:
    """What happened to a slice; `trouble` names what should make the worker pause."""

    state: str  # done, later, released, lost
    sent: int = 0
    trouble: str = ""
    bounced: int = 0


def work_slice(claim: Claim, *, tenant: Tenant, adapter: Adapter) -> SliceReport:
    """Gate, compose, send, write down. Call in the tenant, outside any transaction."""
    dispatch = Dispatch.objects.get(pk=claim.dispatch_id)
    run = _Run(claim, Policy.from_json(dispatch.policy))
    try:
        rows = outbox.open_slice(claim, tenant=tenant, policy=run.policy)
        composer = Composer(tenant, dispatch.pk, thaw(dispatch.content))
        _send_all(run, rows, composer, adapter)
    except LeaseLost:
        return SliceReport("lost", run.sent)
    except Stopped:
        finishing.release_slice(claim)
        return SliceReport("released", run.sent)
    return _close(run)


def _send_all(run: _Run, rows: list[Gated], composer: Composer, adapter: Adapter) -> None:
    people = composer.people(rows)

    def feed() -> Iterator[OutgoingEmail]:
        for start in range(0, len(rows), c.WINDOW):
            if run.stop is not None:
                return
            try:
                window = _make_window(run, rows[start : start + c.WINDOW], composer, people)
            except (LeaseLost, Stopped) as halt:
                run.halt = halt  # what is on the wire still gets its answers
                return
            yield from window

    for customer_id, outcome in adapter.send_many(feed()):
        _note(run, customer_id, outcome, rows)
    run.flush()
    if run.halt is not None:
        raise run.halt


def _make_window(
    run: _Run, window: list[Gated], composer: Composer, people: dict[int, Person]
) -> list[OutgoingEmail]:
    """Composed first, then handed over: what cannot be composed never left."""
    ready: list[OutgoingEmail] = []
    for row in window:
        made = composer.compose(row, people.get(row.customer_id))
        if isinstance(made, Written):
            run.pending.append(made)
        else:
            ready.append(made)
    outcomes, run.pending = run.pending, []
    leaving = outbox.hand_over(
        run.claim,
        [each.message_id for each in ready],
        is_advertising=run.policy.is_advertising,
        outcomes=outcomes,
    )
    return [each for each in ready if each.message_id in leaving]


def _note(run: _Run, customer_id: int, outcome: Outcome, rows: list[Gated]) -> None:
    match outcome:
        case Sent(provider_id=provider_id):
            run.sent += 1
            run.pending.append(Written(customer_id, "sent", provider_id=provider_id))
        case Ambiguous(reason=reason):
            run.pending.append(Written(customer_id, "ambiguous", outbox.NO_ANSWER, reason))
        case NotAttempted(reason=reason, code=code):
            run.stop = outcome
            run.pending.append(Written(customer_id, "sending", code, reason))
        case Rejected():
            tried = next(row.attempts for row in rows if row.customer_id == customer_id)
            refused = _refused(customer_id, outcome, tried)
            run.bounced += refused.reason == bounces.HARD
            run.pending.append(refused)


def _refused(customer_id: int, outcome: Rejected, tried: int) -> Written:
    """A refusal of the server itself says nothing of the address: it is tried again, too."""
    is_final = outcome.permanent and outcome.fault is not Fault.SERVER
    if is_final or tried + 1 >= MOST_TRIES:
        reason = bounces.HARD if is_final and outcome.fault is Fault.RECIPIENT else outcome.code
        return Written(customer_id, "failed", reason, f"{outcome.code} {outcome.reason}", tries=1)
    return Written(customer_id, "sending", outcome.code, outcome.reason, tries=1)


def _close(run: _Run) -> SliceReport:
    stop = run.stop
    wait = stop.retry_after_seconds if stop is not None else 0
    try:
        state = finishing.finish_slice(run.claim, wait_seconds=wait)
    except LeaseLost:
        return SliceReport("lost", run.sent)
    return SliceReport(state, run.sent, stop.code if stop is not None else "", run.bounced)
