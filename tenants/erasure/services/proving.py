"""Proof that a message was allowed and sent, apart from everything else (38-FZ, article 12)."""

from collections.abc import Sequence
from datetime import timedelta

from cvm_platform.common import bulk, clock
from tenants.erasure.contracts import PROOF_YEARS

_KEEP = """
INSERT INTO erasure_sendingproof (customer_id, dispatch_id, permission_id, state, sent_at,
    provider_id, keep_until)
SELECT m.customer_id, m.dispatch_id, m.permission_id, m.state, m.sent_at, m.provider_id,
       coalesce(m.sent_at, m.created_at) + %s
FROM delivery_message m
WHERE m.customer_id = ANY(%s::bigint[]) AND m.state IN ('sent', 'ambiguous')
  AND coalesce(m.sent_at, m.created_at) + %s > %s
ON CONFLICT (customer_id, dispatch_id) DO NOTHING
"""


def keep_proofs(*, customer_ids: Sequence[int]) -> int:
    """Before messages lose their person: what is needed to answer for them stays apart."""
    term = timedelta(days=365 * PROOF_YEARS)
    return bulk.run(_KEEP, [term, list(customer_ids), term, clock.now()])
