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

from dataclasses import replace
from functools import lru_cache
from typing import Any

from campaigns.delivery import contracts as c
from campaigns.delivery.contracts import Policy
from campaigns.delivery.facts import ByPerson, Rows, Shape
from cvm_platform.common import bulk
from tenants.tenancy.models import Tenant

# the one address of the channel: works before bounced, primary before others
_CONTACT = Rows(
    "k", "customers_contactpoint k", {"customer_id": "a.customer_id"}, "k.kind = 'email'",
    columns=("id", "address_hmac", "status"),
    order="(k.status = 'active') DESC, k.is_primary DESC, k.id",
)  # fmt: skip
_PERMISSION = Rows(
    "p", "privacy_adpermission p",
    {"customer_id": "a.customer_id", "address_hmac": "ct.address_hmac"},
    "p.channel = 'EMAIL' AND p.status = 'ACTIVE' AND p.verified_at IS NOT NULL "
    "AND p.identity_proof <> 'NONE'",
    columns=("id",),
)  # fmt: skip
_CONSENT = Rows(
    "r", "privacy_consentrecord r", {"customer_id": "a.customer_id"},
    "r.purpose = 'PROMO_DIRECT' AND r.status = 'ACTIVE' "
    "AND (r.expires_at IS NULL OR r.expires_at > %(now)s)",
)  # fmt: skip
_SUPPRESSION = Rows(
    "s", "privacy_suppression s", {"address_hmac": "ct.address_hmac"},
    "s.channel = 'EMAIL' AND (s.until IS NULL OR s.until > %(now)s)",
)  # fmt: skip
_BOUNCE = replace(_SUPPRESSION, where=f"{_SUPPRESSION.where} AND s.reason = 'hard_bounce'")
_CONTROL = Rows(
    "x", "experiments_assignment x", {"customer_id": "a.customer_id"},
    "x.layer_id = %({layer})s AND x.arm = 'control' "
    "AND (x.valid_to IS NULL OR x.valid_to > %(now)s)",
)  # fmt: skip
_RECENT = Rows(
    "m", "delivery_message m JOIN delivery_dispatch d ON d.id = m.dispatch_id",
    {"customer_id": "a.customer_id"},
    "m.state IN ('sending', 'sent', 'ambiguous') "
    "AND m.created_at > %(now)s - make_interval(days => %(cap_days)s) "
    "AND d.id <> %(dispatch)s AND (d.policy->>'is_advertising')::boolean",
)  # fmt: skip
_LOCAL_TIME = """(%(now)s::timestamptz AT TIME ZONE
    CASE WHEN cu.timezone = ANY(%(zones)s) THEN cu.timezone ELSE %(zone)s END)::time"""


def classify_sql(policy: Policy, shape: Shape | None = None) -> str:
    """SELECT customer_id, contact_id, permission_id, reason ('' passes).

    The text has a hole `{audience}`: a relation with one column `customer_id`. Parameters come
    from `gate_params`.

    Args:
        shape: `ByPerson()`, the default, or `ByTable()` for an audience that is much of the base.
    """
    shape = shape or ByPerson()
    shape.first(_CONTACT, "ct")
    shape.first(_PERMISSION, "pe")
    checks = _checks(policy, shape)
    cases = "\n".join(f"WHEN {check} THEN '{code}'" for code, check in checks)
    return f"""
        SELECT a.customer_id, ct.id AS contact_id, pe.id AS permission_id,
               CASE {cases} ELSE '' END AS reason
        FROM ({{audience}}) a
        LEFT JOIN customers_customer cu ON cu.id = a.customer_id
        {" ".join(shape.joins)}"""


def _checks(policy: Policy, shape: Shape) -> list[tuple[str, str]]:
    """(code, what makes it the reason), the first that holds decides."""
    checks = [
        (c.AGREEMENT, "NOT %(agreement)s"),
        (c.PROFILE, "cu.id IS NULL OR cu.status <> 'active'"),
    ]
    if policy.is_advertising:
        checks.append((c.PD_CONSENT, f"{shape.known(_CONSENT)} IS NULL"))
        checks.append((c.AD_PERMISSION, "ct.id IS NOT NULL AND pe.id IS NULL"))
    stop = _SUPPRESSION if policy.is_advertising else _BOUNCE
    checks.append((c.SUPPRESSED, f"{shape.known(stop)} IS NOT NULL"))
    checks.append((c.CONTACT, "ct.id IS NULL OR ct.status <> 'active'"))
    if policy.is_advertising:
        checks += _advertising_checks(policy, shape)
    if policy.quiet:
        inside = ("t.v >= %(quiet_start)s::time AND t.v < %(quiet_end)s::time"
                  if policy.quiet.start < policy.quiet.end
                  else "t.v >= %(quiet_start)s::time OR t.v < %(quiet_end)s::time")  # fmt: skip
        checks.append((c.POLICY_QUIET, f"(SELECT {inside} FROM (SELECT {_LOCAL_TIME} AS v) t)"))
    return checks


def _advertising_checks(policy: Policy, shape: Shape) -> list[tuple[str, str]]:
    checks = []
    for code, layer, name in (
        (c.GLOBAL_CONTROL, policy.global_layer, "global_layer"),
        (c.LOCAL_CONTROL, policy.local_layer, "local_layer"),
    ):
        if layer is not None:
            control = replace(_CONTROL, where=_CONTROL.where.replace("{layer}", name))
            checks.append((code, f"{shape.known(control)} IS NOT NULL"))
    if policy.cap is not None:
        checks.append((c.POLICY_CAP, f"{shape.number(_RECENT)} >= %(cap_messages)s"))
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
