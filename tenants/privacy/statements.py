"""What a declaration makes of rows that were loaded before it was signed."""

from tenants.privacy.contracts import AD_PERMISSION, PD_CONSENT

REVOKE = tuple(
    f"""
    WITH ended AS (
        UPDATE {table} SET status = 'INVALIDATED', doubt = 'revoked'
        WHERE evidence_id = ANY(%(evidence)s) AND status IN ({live})
        RETURNING id, customer_id, {subject} AS subject, evidence_id
    )
    INSERT INTO privacy_consentevent (at, document, record_id, customer_id, kind, subject,
        evidence_id, source)
    SELECT %(now)s, '{document}', id, customer_id, 'INVALIDATED', subject, evidence_id,
        'declaration' FROM ended ORDER BY id
    """
    for table, subject, document, live in (
        ("privacy_consentrecord", "purpose", PD_CONSENT, "'ACTIVE'"),
        ("privacy_adpermission", "channel", AD_PERMISSION, "'ACTIVE', 'PENDING'"),
    )
)
# the newest unproved row of each person and purpose, unless something later speaks against it
_CHOSEN = """
SELECT DISTINCT ON (r.customer_id, {keys}) r.id FROM {table} r
WHERE r.batch = %(batch)s AND r.status = 'INVALIDATED'
    AND r.doubt IN ('no_evidence', 'out_of_range', 'revoked', 'legacy')
    AND (r.given_at AT TIME ZONE %(zone)s)::date BETWEEN %(first)s AND %(last)s
    AND (%(legacy)s OR r.given_at >= %(separate)s)
    AND NOT EXISTS (SELECT FROM {table} o WHERE o.customer_id = r.customer_id AND {same}
        AND (o.status = 'ACTIVE' OR o.{ended} >= r.given_at))
    AND NOT EXISTS (SELECT FROM privacy_stopevent s WHERE s.customer_id = r.customer_id
        AND s.kind IN ('PROMOTION_STOP_15_2', 'CONSENT_WITHDRAWAL_9_2', 'PROCESSING_STOP_21_5_1')
        AND s.received_at >= r.given_at)
ORDER BY r.customer_id, {keys}, r.given_at DESC
"""
_EVENTS = """
INSERT INTO privacy_consentevent (at, document, record_id, customer_id, kind, subject,
    evidence_id, source)
SELECT %(now)s, '{document}', id, customer_id, 'PROVED', {subject}, evidence_id, 'declaration'
FROM ended ORDER BY id
"""
PROVE_CONSENTS = (
    "WITH ended AS (UPDATE privacy_consentrecord SET status = 'ACTIVE', doubt = '', "
    "evidence_id = %(evidence)s, text_id = %(text)s, expires_at = CASE WHEN %(months)s::int > 0 "
    "THEN given_at + make_interval(months => %(months)s) END WHERE id IN ("
    + _CHOSEN.format(table="privacy_consentrecord", keys="r.purpose", ended="withdrawn_at",
                     same="o.purpose = r.purpose")
    + ") RETURNING id, customer_id, purpose, evidence_id)"
    + _EVENTS.format(document=PD_CONSENT, subject="purpose")
)  # fmt: skip
_VERIFIED = "COALESCE(%(proofs)s::jsonb->channel ? {method}, false)"
PROVE_PERMISSIONS = (
    "WITH chosen AS (" + _CHOSEN.format(
        table="privacy_adpermission", keys="r.channel, r.address_hmac", ended="revoked_at",
        same="o.channel = r.channel AND o.address_hmac = r.address_hmac",
    ) + "), judged AS (SELECT p.id, CASE WHEN "
    + _VERIFIED.format(method="(p.details->>'method')") + " THEN p.details->>'method' WHEN "
    + _VERIFIED.format(method="%(method)s") + " THEN %(method)s ELSE '' END AS proof "
    "FROM privacy_adpermission p WHERE p.id IN (SELECT id FROM chosen)), "
    "ended AS (UPDATE privacy_adpermission p SET "
    "status = CASE j.proof WHEN '' THEN 'PENDING' ELSE 'ACTIVE' END, "
    "doubt = CASE j.proof WHEN '' THEN 'unverified' ELSE '' END, "
    "identity_proof = CASE j.proof WHEN '' THEN 'NONE' ELSE j.proof END, "
    "verified_at = CASE j.proof WHEN '' THEN NULL ELSE p.given_at END, "
    "brands = %(brands)s, topics = %(topics)s, evidence_id = %(evidence)s, text_id = %(text)s, "
    "expires_at = CASE WHEN %(months)s::int > 0 "
    "THEN p.given_at + make_interval(months => %(months)s) END "
    "FROM judged j WHERE p.id = j.id RETURNING p.id, p.customer_id, p.channel, p.evidence_id)"
    + _EVENTS.format(document=AD_PERMISSION, subject="channel")
)  # fmt: skip
