"""The send gate: one statement that decides about everybody of a slice, or of a whole estimate.

The reason of a person is the first check that fails, in the order of 152-FZ specification 6.2.
Everything is read in the same statement that writes the send key, so what changed a moment ago
counts. Whatever cannot be established does not pass: a missing row is a refusal.

What is the same for everybody (the papers of the company, the law of the channel, the content)
comes as a `Ruling` made a moment before; here it only takes its place in the order. Between the
checks of the law stand those of the platform: a usable address, the control groups. Somebody
without any address fails for the address, not for its permission. Service messages need no
permission and no control group hears of them; of the suppressions only those stop them that say
that the address is dead, another's, or shut at the mobile operator.
"""

from dataclasses import replace
from functools import lru_cache
from typing import Any

from campaigns.delivery import contracts as c
from campaigns.delivery.contracts import Policy, Ruling
from campaigns.delivery.facts import ByPerson, Rows, Shape
from cvm_platform.common import bulk
from tenants.tenancy.models import Tenant

# the one address of the channel: works before bounced, primary before others
_CONTACT = Rows(
    "k", "customers_contactpoint k", {"customer_id": "a.customer_id"}, "k.kind = %(address_kind)s",
    columns=("id", "address_hmac", "status"),
    order="(k.status = 'active') DESC, k.is_primary DESC, k.id",
)  # fmt: skip
# of this advertiser, for this very address, proved to be the person's own
_PERMISSION = Rows(
    "p", "privacy_adpermission p",
    {"customer_id": "a.customer_id", "address_hmac": "ct.address_hmac"},
    "p.channel = %(channel)s AND p.status = 'ACTIVE' AND p.verified_at IS NOT NULL "
    "AND p.identity_proof <> 'NONE' AND (p.expires_at IS NULL OR p.expires_at > %(now)s) "
    "AND (%(brand)s = '' OR %(brand)s = ANY(p.brands)) "
    "AND (cardinality(p.topics) = 0 OR %(topic)s = ANY(p.topics))",
    columns=("id", "evidence_id"),
)  # fmt: skip
# a text that does not name those who work with the data now is no consent for them
_CONSENT = Rows(
    "r", "privacy_consentrecord r", {"customer_id": "a.customer_id"},
    "r.purpose = 'PROMO_DIRECT' AND r.status = 'ACTIVE' AND r.reconsent_since IS NULL "
    "AND (r.expires_at IS NULL OR r.expires_at > %(now)s)",
    columns=("id", "evidence_id"),
)  # fmt: skip
_PROFILING = replace(
    _CONSENT, alias="f", source="privacy_consentrecord f", columns=(),
    where=_CONSENT.where.replace("r.", "f.").replace("PROMO_DIRECT", "PROMO_PROFILING"),
)  # fmt: skip
_SUPPRESSION = Rows(
    "s", "privacy_suppression s", {"address_hmac": "ct.address_hmac"},
    "s.channel = %(channel)s AND (s.until IS NULL OR s.until > %(now)s)",
)  # fmt: skip
_SHUT = replace(
    _SUPPRESSION,
    where=f"{_SUPPRESSION.where} "
    "AND s.reason IN ('hard_bounce', 'operator_refusal', 'address_changed')",
)
_CONTROL = Rows(
    "x", "experiments_assignment x", {"customer_id": "a.customer_id"},
    "x.layer_id = %({layer})s AND x.arm = 'control' "
    "AND (x.valid_to IS NULL OR x.valid_to > %(now)s)",
)  # fmt: skip
# The campaigns that count are looked up once a statement, not once a letter: IS TRUE keeps the
# planner from making a join of it.
_RECENT = Rows(
    "m", "delivery_message m", {"customer_id": "a.customer_id"},
    "m.state IN ('sending', 'sent', 'ambiguous') "
    "AND m.created_at > %(now)s - make_interval(days => %(cap_days)s) "
    "AND (m.dispatch_id IN (SELECT d.id FROM delivery_dispatch d WHERE d.id <> %(dispatch)s "
    "AND (d.finished_at IS NULL OR d.finished_at > %(now)s - make_interval(days => %(cap_days)s)) "
    "AND (d.policy->>'is_advertising')::boolean)) IS TRUE",
)  # fmt: skip
_LOCAL_TIME = """(%(now)s::timestamptz AT TIME ZONE
    CASE WHEN cu.timezone = ANY(%(zones)s) THEN cu.timezone ELSE %(zone)s END)::time"""
# a band is called by its ages; one that reaches below the limit is taken for its youngest
_CHILD, _TEEN = "'^(<|[0-9]([^0-9]|$)|1[0-3]([^0-9]|$))'", "'^(<|[0-9]([^0-9]|$)|1[0-7]([^0-9]|$))'"


def classify_sql(policy: Policy, ruling: Ruling, shape: Shape | None = None) -> str:
    """SELECT customer_id, contact_id, permission_id, consent_id, reason ('' passes).

    The text has a hole `{audience}`: a relation with one column `customer_id`. Parameters come
    from `gate_params`.

    Args:
        shape: `ByPerson()`, the default, or `ByTable()` for an audience that is much of the base.
    """
    shape = shape or ByPerson()
    shape.first(_CONTACT, "ct")
    shape.first(_PERMISSION, "pe")
    consent = "NULL::bigint"
    if policy.is_advertising:
        shape.first(_CONSENT, "co")
        consent = "co.id"
    checks = _checks(policy, ruling, shape)
    cases = "\n".join(f"WHEN {check} THEN '{code}'" for code, check in checks)
    return f"""
        SELECT a.customer_id, ct.id AS contact_id, pe.id AS permission_id, {consent} AS consent_id,
               CASE {cases} ELSE '' END AS reason
        FROM ({{audience}}) a
        LEFT JOIN customers_customer cu ON cu.id = a.customer_id
        {" ".join(shape.joins)}"""


def _checks(policy: Policy, ruling: Ruling, shape: Shape) -> list[tuple[str, str]]:
    """(code, what makes it the reason), the first that holds decides."""
    checks = _shared(c.AGREEMENT, c.RKN)
    checks.append((c.PROFILE, "cu.id IS NULL OR cu.status <> 'active'"))
    if policy.is_advertising:
        checks.append((c.PD_CONSENT, "co.id IS NULL"))
    if policy.is_advertising or ruling.asks_permission:
        proof = "pe.evidence_id IS NULL"
        if policy.is_advertising:
            proof += " OR co.evidence_id IS NULL"
        checks.append((c.AD_PERMISSION, "ct.id IS NOT NULL AND pe.id IS NULL"))
        checks.append((c.EVIDENCE, f"ct.id IS NOT NULL AND ({proof})"))
    stop = _SUPPRESSION if policy.is_advertising else _SHUT
    checks.append((c.SUPPRESSED, f"{shape.known(stop)} IS NOT NULL"))
    checks.append((c.CONTACT, "ct.id IS NULL OR ct.status <> 'active'"))
    lacks_profiling = f" OR {shape.known(_PROFILING)} IS NULL" if ruling.needs_profiling else ""
    checks.append((c.FIELDS, f"%({c.FIELDS})s{lacks_profiling}"))
    checks += _shared(c.CONTENT, c.CHANNEL_LAW, c.CROSS_BORDER, c.AUTODECISION)
    young = _CHILD if ruling.admits_teens else _TEEN
    checks.append((c.MINOR, f"cu.age_band <> '' AND cu.age_band ~ {young}"))
    if policy.is_advertising:
        checks += _advertising_checks(policy, shape)
    if policy.quiet or ruling.quiet:
        checks.append((c.POLICY_QUIET, _quiet_check()))
    return checks


def _shared(*codes: str) -> list[tuple[str, str]]:
    """What the ruling says of everybody."""
    return [(code, f"%({code})s") for code in codes]


def _quiet_check() -> str:
    """Inside any of the spans of the parameters; one that ends before it begins goes over
    midnight.
    """
    return f"""EXISTS (SELECT FROM (SELECT {_LOCAL_TIME} AS v) t,
        unnest(%(quiet_starts)s::time[], %(quiet_ends)s::time[]) AS q (start_at, end_at)
        WHERE CASE WHEN q.start_at < q.end_at THEN t.v >= q.start_at AND t.v < q.end_at
              ELSE t.v >= q.start_at OR t.v < q.end_at END)"""


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


def gate_params(
    policy: Policy, ruling: Ruling, *, tenant: Tenant, dispatch_id: int, now: Any
) -> dict[str, Any]:
    """What `classify_sql` asks for; `now` is an aware datetime."""
    cap = policy.cap
    quiet = [each for each in (policy.quiet, ruling.quiet) if each is not None]
    return {
        "now": now,
        **{code: code in ruling.blocked for code in c.SHARED},
        "dispatch": dispatch_id,
        "channel": policy.channel,
        "address_kind": c.ADDRESS_KINDS.get(policy.channel, ""),
        "brand": policy.brand,
        "topic": policy.topic,
        "global_layer": policy.global_layer,
        "local_layer": policy.local_layer,
        "cap_messages": cap.messages if cap else 0,
        "cap_days": cap.days if cap else 0,
        "quiet_starts": [each.start for each in quiet],
        "quiet_ends": [each.end for each in quiet],
        "zones": list(_zones()) if quiet else [],
        "zone": tenant.timezone if tenant.timezone in (_zones() if quiet else ()) else "UTC",
    }


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    """Zones the server knows: an unknown one would fail the whole statement."""
    return frozenset(name for (name,) in bulk.fetch("SELECT name FROM pg_timezone_names"))
