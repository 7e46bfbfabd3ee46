"""How documents and their history are written, some thousands at a time."""

# arrays instead of models: an import brings some hundred thousand documents; what happened to
# each is written in the same statement, so that no record is without its history
INSERT_CONSENTS = """
WITH added AS (
    INSERT INTO privacy_consentrecord (public_id, customer_id, purpose, status, doubt, given_at,
        withdrawn_at, expires_at, source, details, text_id, evidence_id, batch)
    SELECT uuidv7(), u.* FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[],
        %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::text[], %s::jsonb[],
        %s::bigint[], %s::bigint[], %s::uuid[]) AS u
    RETURNING id, customer_id, status, purpose, evidence_id, source
)
INSERT INTO privacy_consentevent (at, document, record_id, customer_id, kind, subject, evidence_id,
    source)
SELECT %s, 'PD_CONSENT', id, customer_id, CASE status WHEN 'ACTIVE' THEN 'GIVEN'
    WHEN 'WITHDRAWN' THEN 'WITHDRAWN' ELSE 'INVALIDATED' END, purpose, evidence_id, source
FROM added ORDER BY id
"""
INSERT_PERMISSIONS = """
WITH added AS (
    INSERT INTO privacy_adpermission (public_id, customer_id, channel, address_hmac, status, doubt,
        identity_proof, verified_at, given_at, expires_at, revoked_at, revoke_source, details,
        brands, topics, text_id, evidence_id, batch)
    SELECT uuidv7(), u.customer_id, u.channel, u.hmac, u.status, u.doubt, u.proof, u.verified_at,
        u.given_at, u.expires_at, u.revoked_at, u.revoke_source, u.details,
        ARRAY(SELECT jsonb_array_elements_text(u.scope->'brands')),
        ARRAY(SELECT jsonb_array_elements_text(u.scope->'topics')),
        u.text_id, u.evidence_id, u.batch
    FROM unnest(%s::bigint[], %s::text[], %s::bytea[], %s::text[], %s::text[], %s::text[],
        %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::text[],
        %s::jsonb[], %s::jsonb[], %s::bigint[], %s::bigint[], %s::uuid[])
        AS u (customer_id, channel, hmac, status, doubt, proof, verified_at, given_at, expires_at,
              revoked_at, revoke_source, details, scope, text_id, evidence_id, batch)
    RETURNING id, customer_id, status, channel, evidence_id, details->>'source' AS source
)
INSERT INTO privacy_consentevent (at, document, record_id, customer_id, kind, subject, evidence_id,
    source)
SELECT %s, 'AD_PERMISSION', id, customer_id, CASE status WHEN 'ACTIVE' THEN 'GIVEN'
    WHEN 'PENDING' THEN 'ASKED' WHEN 'REVOKED' THEN 'WITHDRAWN' ELSE 'INVALIDATED' END,
    channel, evidence_id, COALESCE(source, '')
FROM added ORDER BY id
"""
WIDTH_CONSENT, WIDTH_PERMISSION = 12, 16
END_CONSENTS = """
WITH ended AS (
    UPDATE privacy_consentrecord r SET status = 'WITHDRAWN', withdrawn_at = u.at
    FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[]) AS u (id, at, source)
    WHERE r.id = u.id
    RETURNING r.id, r.customer_id, r.purpose, u.source
)
INSERT INTO privacy_consentevent (at, document, record_id, customer_id, kind, subject, source)
SELECT %s, 'PD_CONSENT', id, customer_id, 'WITHDRAWN', purpose, source FROM ended ORDER BY id
"""
END_PERMISSIONS = """
WITH ended AS (
    UPDATE privacy_adpermission p SET status = 'REVOKED', revoked_at = u.at,
        revoke_source = left(u.source, 20)
    FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[]) AS u (id, at, source)
    WHERE p.id = u.id
    RETURNING p.id, p.customer_id, p.channel, u.source
)
INSERT INTO privacy_consentevent (at, document, record_id, customer_id, kind, subject, source)
SELECT %s, 'AD_PERMISSION', id, customer_id, 'WITHDRAWN', channel, source FROM ended ORDER BY id
"""
