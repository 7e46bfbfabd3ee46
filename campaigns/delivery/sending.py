"""One slice from the gate to its last outcome.

Messages leave in windows: a window is marked and committed, then put on the wire; the outcomes
of the one before are written first. At any moment at most a window plus what the connection
holds unanswered is in doubt.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, OperationalError

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
from campaigns.delivery.content import Content, thaw
from campaigns.delivery.contracts import Claim, Gated, Policy, Ruling
from campaigns.delivery.models import Dispatch
from campaigns.delivery.outbox import LeaseLost, Stopped, Written
from campaigns.delivery.ruling import STALE_SECONDS, make_ruling
from campaigns.delivery.trust import Unreadable, demand_sound_chains
from cvm_platform.common import clock
from tenants.tenancy.models import Tenant

MOST_TRIES = 4  # of one recipient whom the server refuses for now
Adapter = ChannelAdapter[Any]


class Changed(Stopped):
    """The company's papers or the law changed under way: the rest is decided anew."""


@dataclass(slots=True)
class _Run:
    """State of one slice while it is worked."""

    claim: Claim
    tenant: Tenant
    policy: Policy
    content: Content
    ruling: Ruling = field(default_factory=Ruling)
    ruled_at: datetime | None = None
    pending: list[Written] = field(default_factory=list)  # outcomes not yet written
    stop: NotAttempted | None = None  # the server wants no more
    halt: Exception | None = None  # we want no more
    sent: int = 0
    bounced: int = 0

    def flush(self) -> None:
        outcomes, self.pending = self.pending, []
        outbox.write_outcomes(self.claim.dispatch_id, outcomes)

    def rule(self) -> None:
        """Raises: Unreadable; Changed: what was decided a while ago does not hold now."""
        before, first = self.ruling, self.ruled_at is None
        now = clock.now()
        if self.ruled_at is not None and now - self.ruled_at < timedelta(seconds=STALE_SECONDS):
            return
        with _fail_closed():
            demand_sound_chains()
            self.ruling = make_ruling(self.policy, self.content, tenant=self.tenant, now=now)
        self.ruled_at = now
        if not first and self.ruling != before:
            raise Changed


@contextmanager
def _fail_closed() -> Iterator[None]:
    """A database that is away is another matter: then nothing can be written down either, the
    lease ends and the slice is begun again.
    """
    try:
        yield
    except OperationalError:
        raise
    except DatabaseError as error:
        raise Unreadable(str(error).strip().partition("\n")[0]) from error


@dataclass(frozen=True, slots=True)
class SliceReport:
    """What happened to a slice; `trouble` names what should make the worker pause."""

    state: str  # done, later, released, lost
    sent: int = 0
    trouble: str = ""
    bounced: int = 0
    unreadable: str = ""  # why the gate could not decide


def work_slice(claim: Claim, *, tenant: Tenant, adapter: Adapter) -> SliceReport:
    """Gate, compose, send, write down. Call in the tenant, outside any transaction."""
    dispatch = Dispatch.objects.get(pk=claim.dispatch_id)
    run = _Run(claim, tenant, Policy.from_json(dispatch.policy), thaw(dispatch.content))
    try:
        run.rule()
        with _fail_closed():
            rows = outbox.open_slice(claim, tenant=tenant, policy=run.policy, ruling=run.ruling)
        if rows:
            _send_all(run, rows, Composer(tenant, dispatch.pk, run.content), adapter)
    except LeaseLost:
        return SliceReport("lost", run.sent)
    except Stopped:
        finishing.release_slice(claim)
        return SliceReport("released", run.sent)
    except Unreadable as error:
        finishing.release_slice(claim)
        return SliceReport("released", run.sent, unreadable=str(error))
    return _close(run)


def _send_all(run: _Run, rows: list[Gated], composer: Composer, adapter: Adapter) -> None:
    people = composer.people(rows)

    def feed() -> Iterator[OutgoingEmail]:
        for start in range(0, len(rows), c.WINDOW):
            if run.stop is not None:
                return
            try:
                window = _make_window(run, rows[start : start + c.WINDOW], composer, people)
            except (LeaseLost, Stopped, Unreadable) as halt:
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
    run.rule()
    try:
        with _fail_closed():
            leaving = outbox.hand_over(
                run.claim, [each.message_id for each in ready], policy=run.policy,
                ruling=run.ruling, outcomes=run.pending,
            )  # fmt: skip
    except (LeaseLost, Stopped):
        run.pending = []  # written all the same
        raise
    run.pending = []
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
