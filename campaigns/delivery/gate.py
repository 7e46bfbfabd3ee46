"""The send gate: one statement that decides about everybody of a slice, or of a whole estimate.

The reason of a person is the first check that fails, in the order of 152-FZ specification 6.2.
Everything is read in the same statement that writes the send key, so what changed a moment ago
counts. Whatever cannot be established does not pass: a missing row is a refusal.

Order: agreement, profile, consent to promotion, permission for this address, suppression,
usable address, global control group, the campaign's own control group, frequency cap, quiet
hours. Somebody without any address fails for the address, not for its permission. Service
messages need no permission and no control group hears of them; of the suppressions only a dead
address stops them.
"""

from functools import lru_cache
from typing import Any

from campaigns.delivery import contracts as c
from campaigns.delivery.contracts import Policy
from cvm_platform.common import bulk
from tenants.tenancy.models import Tenant

# the one address of the channel: works before bounced, primary before others
_JOINS = """
    LEFT JOIN customers_customer cu ON cu.id = a.customer_id
    LEFT JOIN LATERAL (
        SELECT k.id, k.address_hmac, k.status FROM customers_contactpoint k
        WHERE k.customer_id = a.customer_id AND k.kind = 'email'
        ORDER BY (k.status = 'active') DESC, k.is_primary DESC, k.id LIMIT 1
    ) ct ON true
    LEFT JOIN LATERAL (
        SELECT p.id FROM privacy_adpermission p
        WHERE p.customer_id = a.customer_id AND p.channel = 'EMAIL' AND p.status = 'ACTIVE'
          AND p.address_hmac = ct.address_hmac AND p.verified_at IS NOT NULL
          AND p.identity_proof <> 'NONE'
        LIMIT 1
    ) pe ON true
"""
_CONSENT = """SELECT true FROM privacy_consentrecord r
    WHERE r.customer_id = a.customer_id AND r.purpose = 'PROMO_DIRECT' AND r.status = 'ACTIVE'
      AND (r.expires_at IS NULL OR r.expires_at > %(now)s)"""
_SUPPRESSION = """SELECT true FROM privacy_suppression s
    WHERE s.channel = 'EMAIL' AND s.address_hmac = ct.address_hmac
      AND (s.until IS NULL OR s.until > %(now)s) {only}"""
_CONTROL = """SELECT true FROM experiments_assignment x
    WHERE x.layer_id = %({layer})s AND x.customer_id = a.customer_id AND x.arm = 'control'
      AND (x.valid_to IS NULL OR x.valid_to > %(now)s)"""
_CAPPED = """(
    SELECT count(*) FROM delivery_message m
    JOIN delivery_dispatch d ON d.id = m.dispatch_id
    WHERE m.customer_id = a.customer_id AND m.state IN ('sending', 'sent', 'ambiguous')
      AND m.created_at > %(now)s - make_interval(days => %(cap_days)s)
      AND d.id <> %(dispatch)s AND (d.policy->>'is_advertising')::boolean
    ) >= %(cap_messages)s"""
_LOCAL_TIME = """(%(now)s::timestamptz AT TIME ZONE
    CASE WHEN cu.timezone = ANY(%(zones)s) THEN cu.timezone ELSE %(zone)s END)::time"""


def classify_sql(policy: Policy, *, silent_table: str = "") -> str:
    """SELECT customer_id, contact_id, permission_id, reason ('' passes).

    The text has a hole `{audience}`: a relation with one column `customer_id`. Parameters come
    from `gate_params`. `silent_table` names a table with the control group of a draw that is
    only previewed (columns customer_id, control).
    """
    only = "" if policy.is_advertising else "AND s.reason = 'hard_bounce'"
    checks = [
        (c.AGREEMENT, "NOT %(agreement)s"),
        (c.PROFILE, "cu.id IS NULL OR cu.status <> 'active'"),
    ]
    if policy.is_advertising:
        checks.append((c.PD_CONSENT, _none(_CONSENT)))
        checks.append((c.AD_PERMISSION, "ct.id IS NOT NULL AND pe.id IS NULL"))
    checks.append((c.SUPPRESSED, _some(_SUPPRESSION.format(only=only))))
    checks.append((c.CONTACT, "ct.id IS NULL OR ct.status <> 'active'"))
    if policy.is_advertising:
        checks += _advertising_checks(policy, silent_table)
    if policy.quiet:
        inside = ("t.v >= %(quiet_start)s::time AND t.v < %(quiet_end)s::time"
                  if policy.quiet.start < policy.quiet.end
                  else "t.v >= %(quiet_start)s::time OR t.v < %(quiet_end)s::time")  # fmt: skip
        checks.append((c.POLICY_QUIET, f"(SELECT {inside} FROM (SELECT {_LOCAL_TIME} AS v) t)"))
    cases = "\n".join(f"WHEN {check} THEN '{code}'" for code, check in checks)
    return f"""
        SELECT a.customer_id, ct.id AS contact_id, pe.id AS permission_id,
               CASE {cases} ELSE '' END AS reason
        FROM ({{audience}}) a {_JOINS}"""


def _some(query: str) -> str:
    """Scalar, not EXISTS: that may be planned as a hash over a whole table for one slice."""
    return f"({query} LIMIT 1) IS NOT NULL"


def _none(query: str) -> str:
    return f"({query} LIMIT 1) IS NULL"


def _advertising_checks(policy: Policy, silent_table: str) -> list[tuple[str, str]]:
    checks = []
    if policy.global_layer is not None:
        checks.append((c.GLOBAL_CONTROL, _some(_CONTROL.format(layer="global_layer"))))
    if policy.local_layer is not None:
        checks.append((c.LOCAL_CONTROL, _some(_CONTROL.format(layer="local_layer"))))
    elif silent_table:
        silent = f"SELECT true FROM {silent_table} w WHERE w.customer_id = a.customer_id"
        checks.append((c.LOCAL_CONTROL, _some(f"{silent} AND w.control = 1")))
    if policy.cap is not None:
        checks.append((c.POLICY_CAP, _CAPPED))
    return checks


def gate_params(policy: Policy, *, tenant: Tenant, dispatch_id: int, now: Any) -> dict[str, Any]:
    """What `classify_sql` asks for; `now` is an aware datetime."""
    cap, quiet = policy.cap, policy.quiet
    return {
        "now": now,
        "agreement": tenant.status == Tenant.Status.ACTIVE,
        "dispatch": dispatch_id,
        "global_layer": policy.global_layer,
        "local_layer": policy.local_layer,
        "cap_messages": cap.messages if cap else 0,
        "cap_days": cap.days if cap else 0,
        "quiet_start": quiet.start if quiet else "",
        "quiet_end": quiet.end if quiet else "",
        "zones": list(_zones()) if quiet else [],
        "zone": tenant.timezone if tenant.timezone in (_zones() if quiet else ()) else "UTC",
    }


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    """Zones the server knows: an unknown one would fail the whole statement."""
    return frozenset(name for (name,) in bulk.fetch("SELECT name FROM pg_timezone_names"))
