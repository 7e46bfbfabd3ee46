"""A stop and the messages around it: those that had left already, and those that must not have.

The first are listed in the stop itself. The second are an incident, and none is ever expected:
a stop and a window of messages wait for each other.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from campaigns.delivery.statements import rows_of
from campaigns.delivery.trust import AFTER_STOP
from cvm_platform.common import clock
from tenants.approvals.services import open_task
from tenants.privacy.models import StopEvent

IN_FLIGHT = timedelta(hours=1)  # what left earlier has long been delivered
LOOK_BACK = timedelta(days=2)
_LEFT = """
    SELECT m.dispatch_id, m.customer_id, m.handed_over_at, m.provider_id, d.channel
    FROM delivery_message m JOIN delivery_dispatch d ON d.id = m.dispatch_id
    WHERE m.customer_id = ANY(%(customers)s) AND m.state IN ('sending', 'sent', 'ambiguous')
      AND m.handed_over_at > %(since)s AND m.handed_over_at <= %(until)s
      AND (%(channel)s = '' OR d.channel = %(channel)s)
    ORDER BY m.handed_over_at, m.dispatch_id LIMIT 100
"""
_OWNERS = """
    SELECT customer_id FROM customers_contactpoint WHERE address_hmac = ANY(%(hmacs)s)
    UNION SELECT %(customer)s::bigint WHERE %(customer)s IS NOT NULL
"""
# A message counts when what allowed it, its permission or its consent, had ended before it left,
# or its address was stopped after that permission was given. Begins at the few who said stop. A
# refusal that came with a load holds from the load's commit, a while after the time it wrote.
_AFTER = """
    WITH people AS MATERIALIZED (
        SELECT DISTINCT customer_id FROM privacy_stopevent
        WHERE effective_at > %(since)s AND customer_id IS NOT NULL
        UNION
        SELECT k.customer_id FROM privacy_suppression s
        JOIN customers_contactpoint k ON k.address_hmac = s.address_hmac WHERE s.since > %(since)s
    )
    SELECT m.dispatch_id, m.customer_id, m.handed_over_at
    FROM people
    JOIN delivery_message m ON m.customer_id = people.customer_id
    JOIN delivery_dispatch d ON d.id = m.dispatch_id
    LEFT JOIN privacy_adpermission p ON p.id = m.permission_id
    LEFT JOIN customers_contactpoint k ON k.id = m.contact_id
    WHERE m.state IN ('sending', 'sent', 'ambiguous') AND m.handed_over_at > %(since)s
      AND (d.policy->>'is_advertising')::boolean
      AND (EXISTS (SELECT FROM privacy_consentevent e WHERE e.customer_id = m.customer_id
                AND e.kind = 'WITHDRAWN' AND (e.document, e.record_id) IN
                    (('AD_PERMISSION', m.permission_id), ('PD_CONSENT', m.consent_id))
                AND e.at + CASE WHEN e.stop_id IS NULL THEN %(loading)s::interval
                    ELSE '0'::interval END < m.handed_over_at)
           OR EXISTS (SELECT FROM privacy_suppression s WHERE s.channel = d.channel
                AND s.address_hmac = k.address_hmac AND s.stop_id IS NOT NULL
                AND s.since < m.handed_over_at AND (s.until IS NULL OR s.until > m.handed_over_at)
                AND s.since >= COALESCE(p.given_at, s.since)))
    ORDER BY m.handed_over_at, m.dispatch_id
"""
_LOADING = timedelta(seconds=60)


def in_flight(stop: StopEvent, addresses: Sequence[bytes]) -> list[dict[str, Any]]:
    """Messages that the provider had before the stop took effect; for the stop's own record."""
    params = {"hmacs": list(addresses), "customer": stop.customer_id}
    customers = [customer_id for (customer_id,) in rows_of(_OWNERS, params)]
    rows = rows_of(
        _LEFT,
        {"customers": customers, "since": stop.effective_at - IN_FLIGHT,
         "until": stop.effective_at, "channel": stop.channel},
    )  # fmt: skip
    return [
        {"dispatch": dispatch_id, "customer": customer_id, "sent_at": at.isoformat(),
         "provider_id": provider_id, "channel": channel}
        for dispatch_id, customer_id, at, provider_id, channel in rows
    ]  # fmt: skip


def sent_after_stop(since: datetime) -> list[tuple[int, int, datetime]]:
    """(dispatch, customer, when) of every advertisement that left after its person's stop."""
    return rows_of(_AFTER, {"since": since, "loading": _LOADING})


def watch_stops() -> int:
    """Counts the incidents AD_AFTER_STOP of the last days and opens work about them.

    Returns:
        How many; 0 is the only right number.
    """
    now = clock.now()
    found = sent_after_stop(now - LOOK_BACK)
    if found:
        dispatch_id = found[0][0]
        open_task(
            kind=AFTER_STOP, key=str(dispatch_id), params={"count": len(found)},
            url="/broadcasts/", since=found[0][2], due_at=now + timedelta(hours=1),
        )  # fmt: skip
    return len(found)
