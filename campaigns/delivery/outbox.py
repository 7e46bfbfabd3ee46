"""The rows of a slice from the gate to the last outcome, and what survives a crash when.

A row in state `sending` is, in this order:
  gated         handed_over_at NULL: nothing left; a crash means it goes through the gate again
  handed over   handed_over_at set and committed, no outcome yet: a crash makes it ambiguous
  done          sent, failed or ambiguous, written every few messages

Every statement that lets something leave locks the slice's row and checks the lease first, so a
worker that was given up on cannot send what its successor sends.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from campaigns.delivery import claims
from campaigns.delivery import contracts as c
from campaigns.delivery.contracts import Claim, Gated, Policy, Ruling
from campaigns.delivery.gate import classify_sql, gate_params
from campaigns.delivery.statements import execute, rows_of
from cvm_platform.common import bulk, clock
from tenants.privacy.contracts import HAND_OVER
from tenants.tenancy.models import Tenant

NO_ANSWER = "no_answer"
_GATE_LOCK = "send-gate"  # two campaigns must not both take a customer's last allowed message

_AUDIENCE = """SELECT customer_id FROM delivery_recipient
    WHERE dispatch_id = %(dispatch)s AND slice_number = %(slice)s"""
_INSERT = """
    INSERT INTO delivery_message (customer_id, dispatch_id, slice_number, state, reason,
        contact_id, permission_id, consent_id, attempts, detail, provider_id, created_at)
    SELECT g.customer_id, %(dispatch)s, %(slice)s,
           CASE g.reason WHEN '' THEN 'sending' ELSE 'suppressed' END, g.reason,
           g.contact_id, g.permission_id, g.consent_id, COALESCE(t.attempts, 0), '', '', %(now)s
    FROM ({gate}) g
    LEFT JOIN unnest(%(again)s::bigint[], %(tries)s::int[]) AS t (customer_id, attempts)
        ON t.customer_id = g.customer_id
    ON CONFLICT DO NOTHING
    RETURNING customer_id, contact_id, attempts, state
"""
_SETTLE = """
    UPDATE delivery_message SET state = 'ambiguous', reason = %(no_answer)s
    WHERE dispatch_id = %(dispatch)s AND slice_number = %(slice)s AND state = 'sending'
      AND handed_over_at IS NOT NULL
"""
_FORGET = """
    DELETE FROM delivery_message
    WHERE dispatch_id = %(dispatch)s AND slice_number = %(slice)s AND state = 'sending'
      AND handed_over_at IS NULL
    RETURNING customer_id, attempts
"""
_KEEP_LEASE = """
    UPDATE delivery_slice s SET lease_until = %(now)s + make_interval(secs => %(lease)s)
    FROM delivery_dispatch d
    WHERE s.id = %(id)s AND s.lease_owner = %(owner)s AND s.status = 'claimed'
      AND d.id = s.dispatch_id
    RETURNING d.status
"""
# What the gate saw may have changed while the first messages of the slice were sent. Scalar
# subqueries, as in the gate: EXISTS may be planned as a hash over a whole table. And "+ 0" keeps
# the planner off the indexes by dispatch: of a dispatch that has just begun it knows nothing and
# takes a million rows for one; by customer there are few, always.
_STILL_ALLOWED = """
    SELECT n.customer_id, CASE
        WHEN (SELECT true FROM customers_customer cu
            WHERE cu.id = n.customer_id AND cu.status = 'active') IS NULL THEN 'B_PROFILE'
        WHEN %(is_advertising)s AND (SELECT true FROM privacy_consentrecord r
            WHERE r.id = n.consent_id AND r.status = 'ACTIVE') IS NULL THEN 'B_PD_CONSENT'
        WHEN %(asks_permission)s AND (SELECT true FROM privacy_adpermission p
            WHERE p.id = n.permission_id AND p.status = 'ACTIVE') IS NULL THEN 'B_AD_PERMISSION'
        WHEN (SELECT true FROM privacy_suppression s JOIN customers_contactpoint k
                ON k.address_hmac = s.address_hmac
            WHERE k.id = n.contact_id AND s.channel = %(channel)s
              AND (s.until IS NULL OR s.until > %(now)s) AND (%(is_advertising)s OR s.reason
                IN ('hard_bounce', 'operator_refusal', 'address_changed')) LIMIT 1)
            IS NOT NULL THEN 'B_SUPPRESSED'
        ELSE '' END AS reason
    FROM delivery_message n
    WHERE n.dispatch_id + 0 = %(dispatch)s AND n.customer_id = ANY(%(leaving)s)
    OFFSET 0
"""
# a late answer also settles what a reaper had to call ambiguous; it cannot be handed over twice
_WRITE = """
    UPDATE delivery_message m SET state = t.state, reason = t.reason, detail = t.detail,
        provider_id = t.provider_id, attempts = m.attempts + t.tries,
        sent_at = CASE t.state WHEN 'sent' THEN %(now)s END,
        handed_over_at = CASE t.state WHEN 'sending' THEN NULL ELSE m.handed_over_at END
    FROM unnest(%(ids)s::bigint[], %(states)s::text[], %(reasons)s::text[], %(details)s::text[],
                %(providers)s::text[], %(tries)s::int[])
        AS t (customer_id, state, reason, detail, provider_id, tries)
    WHERE m.dispatch_id + 0 = %(dispatch)s AND m.customer_id = t.customer_id
      AND (m.state = 'sending' OR (m.state = 'ambiguous' AND t.state <> 'sending'))
"""
# One statement, one commit: the lease, the answers that came, and who leaves next. Each person is
# judged once, whatever the planner thinks of the join, and found by customer, not by state.
_HAND_OVER = f"""
    WITH written AS ({_WRITE} RETURNING m.customer_id), lease AS ({_KEEP_LEASE}),
    verdicts AS MATERIALIZED ({_STILL_ALLOWED}), handed AS (
        UPDATE delivery_message m SET
            state = CASE v.reason WHEN '' THEN 'sending' ELSE 'suppressed' END, reason = v.reason,
            handed_over_at = CASE v.reason WHEN '' THEN %(now)s END
        FROM verdicts v
        WHERE m.dispatch_id + 0 = %(dispatch)s AND m.customer_id = v.customer_id
          AND m.customer_id = ANY(%(leaving)s)
          AND m.state || '' = 'sending' AND m.handed_over_at IS NULL
          AND (SELECT status FROM lease) = 'running'
        RETURNING m.customer_id, m.state
    )
    SELECT NULL, status FROM lease UNION ALL SELECT customer_id, state FROM handed
"""


class LeaseLost(Exception):
    """Somebody else has the slice now: stop at once, touch nothing."""


class Stopped(Exception):
    """The dispatch was paused or cancelled: give the slice back."""


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one message; `state` "sending" means: later again."""

    customer_id: int
    state: str
    reason: str = ""
    detail: str = ""
    provider_id: str = ""
    tries: int = 0


def open_slice(claim: Claim, *, tenant: Tenant, policy: Policy, ruling: Ruling) -> list[Gated]:
    """Settles what a crashed predecessor left, then lets the gate decide about everybody else.

    Returns:
        Who may be written to now, in the order of customers.

    Raises:
        LeaseLost, Stopped
        DatabaseError: the facts cannot be read; nothing was decided.
    """
    now = clock.now()
    params = {"dispatch": claim.dispatch_id, "slice": claim.number, "no_answer": NO_ANSWER}
    with transaction.atomic():
        keep_lease(claim)
        execute(_SETTLE, params)
        again = rows_of(_FORGET, params)
        if policy.cap is not None and policy.is_advertising:
            bulk.lock_tenant(_GATE_LOCK)
        gate = gate_params(policy, ruling, tenant=tenant, dispatch_id=claim.dispatch_id, now=now)
        rows = rows_of(
            _INSERT.format(gate=classify_sql(policy, ruling).format(audience=_AUDIENCE)),
            {**gate, **params, "again": [row[0] for row in again],
             "tries": [row[1] for row in again]},
        )  # fmt: skip
    passed = [Gated(row[0], row[1], row[2]) for row in rows if row[3] == "sending"]
    return sorted(passed, key=lambda each: each.customer_id)


def keep_lease(claim: Claim) -> None:
    """Locks the slice for this transaction and moves the lease on.

    Raises:
        LeaseLost, Stopped
    """
    rows = rows_of(
        _KEEP_LEASE,
        {"id": claim.slice_id, "owner": claim.owner, "now": clock.now(),
         "lease": claims.LEASE_SECONDS},
    )  # fmt: skip
    _check_lease(rows)


def _check_lease(rows: Sequence[tuple[Any, ...]]) -> None:
    if not rows:
        raise LeaseLost
    if rows[0][0] != "running":
        raise Stopped


def hand_over(
    claim: Claim,
    customer_ids: Sequence[int],
    *,
    policy: Policy,
    ruling: Ruling,
    outcomes: Sequence[Written] = (),
) -> set[int]:
    """Writes what was answered and marks a window as leaving now, committed before its first
    byte; who is not in the answer, stays.

    A stop and a window never pass each other unseen: the stop waits for windows that are being
    marked, windows wait for a stop that is being written. So a message is either marked before
    the moment from which the stop holds, or not at all.

    Raises:
        LeaseLost, Stopped: the outcomes are written all the same.
        DatabaseError: the facts cannot be read; nothing left, nothing was written.
    """
    with transaction.atomic():
        bulk.lock_tenant(HAND_OVER, is_shared=True)
        rows = rows_of(
            _HAND_OVER,
            {
                **_arrays(claim.dispatch_id, outcomes), "id": claim.slice_id,
                "owner": claim.owner, "lease": claims.LEASE_SECONDS,
                "leaving": list(customer_ids), "is_advertising": policy.is_advertising,
                "asks_permission": policy.is_advertising or ruling.asks_permission,
                "channel": policy.channel,
            },
        )  # fmt: skip
    _check_lease([(state,) for customer_id, state in rows if customer_id is None])
    return {customer_id for customer_id, state in rows if customer_id and state == "sending"}


def write_outcomes(dispatch_id: int, outcomes: Sequence[Written]) -> None:
    if outcomes:
        execute(_WRITE, _arrays(dispatch_id, outcomes))


def _arrays(dispatch_id: int, outcomes: Sequence[Written]) -> dict[str, object]:
    return {
        "dispatch": dispatch_id,
        "now": clock.now(),
        "ids": [each.customer_id for each in outcomes],
        "states": [each.state for each in outcomes],
        "reasons": [each.reason[:40] for each in outcomes],
        "details": [each.detail[:300] for each in outcomes],
        "providers": [each.provider_id[:100] for each in outcomes],
        "tries": [each.tries for each in outcomes],
    }


def cancel_slices(dispatch_id: int) -> int:
    """Everybody of waiting slices who has no message yet is suppressed as cancelled.

    Slices in work are left to their worker, which meets the cancelled dispatch at its next
    window, or to the reaper.
    """
    params = {"dispatch": dispatch_id, "cancelled": c.CANCELLED, "no_answer": NO_ANSWER}
    with transaction.atomic():
        locked = rows_of(
            "SELECT id, number FROM delivery_slice WHERE dispatch_id = %(dispatch)s "
            "AND status = 'pending' ORDER BY id FOR UPDATE",
            params,
        )
        if not locked:
            return 0
        return _cancel([row[0] for row in locked], [row[1] for row in locked], params)


def _cancel(slice_ids: list[int], numbers: list[int], params: dict[str, object]) -> int:
    params = {**params, "ids": slice_ids, "numbers": numbers}
    execute(
        "UPDATE delivery_message SET state = 'ambiguous', reason = %(no_answer)s "
        "WHERE dispatch_id = %(dispatch)s AND slice_number = ANY(%(numbers)s) "
        "AND state = 'sending' AND handed_over_at IS NOT NULL",
        params,
    )
    execute(
        "UPDATE delivery_message SET state = 'suppressed', reason = %(cancelled)s "
        "WHERE dispatch_id = %(dispatch)s AND slice_number = ANY(%(numbers)s) "
        "AND state = 'sending'",
        params,
    )
    added = execute(
        "INSERT INTO delivery_message (customer_id, dispatch_id, slice_number, state, reason, "
        "detail, provider_id, attempts) "
        "SELECT customer_id, dispatch_id, slice_number, 'suppressed', %(cancelled)s, '', '', 0 "
        "FROM delivery_recipient WHERE dispatch_id = %(dispatch)s "
        "AND slice_number = ANY(%(numbers)s) ON CONFLICT DO NOTHING",
        params,
    )
    execute(
        "UPDATE delivery_slice SET status = 'done', lease_until = NULL, lease_owner = '' "
        "WHERE id = ANY(%(ids)s)",
        params,
    )
    return added
