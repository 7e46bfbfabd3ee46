"""Customers' keys under the tenant's newest wrap key, in batches, while writers write.

A batch changes a key only if it is still the one that was read: an erasure that came in between
stays an erasure, and nobody waits for a lock. What is done says its number itself, so a run that
was killed goes on where it stopped.
"""

from cvm_platform.common import bulk
from cvm_platform.common.crypto import Unreadable
from cvm_platform.common.errors import Conflict
from tenants.customers.sealing import KEY_CONTEXT
from tenants.tenancy.keys import WrapRing, number_of, wrap_ring
from tenants.tenancy.models import Tenant

BATCH = 5_000

_BEHIND = """
SELECT customer_id, wrapped FROM customers_datakey
WHERE customer_id > %(after)s AND wrapped IS NOT NULL
  AND CASE WHEN octet_length(wrapped) = 60 THEN 0
      ELSE get_byte(wrapped, 0) * 256 + get_byte(wrapped, 1) END <> %(active)s
ORDER BY customer_id LIMIT %(limit)s
"""
_STORE = """
UPDATE customers_datakey AS k SET wrapped = n.fresh
FROM unnest(%s::bigint[], %s::bytea[], %s::bytea[]) AS n (customer_id, was, fresh)
WHERE k.customer_id = n.customer_id AND k.wrapped = n.was
"""


def rewrap_customer_keys(*, tenant: Tenant, batch: int = BATCH) -> int:
    """Wraps anew what an older key wraps; inside the tenant. Returns how many keys changed.

    Raises:
        Conflict: a key cannot be opened; its batch was not changed.
    """
    ring = wrap_ring(tenant)
    changed, after = 0, 0
    while True:
        rows = bulk.fetch(_BEHIND, {"after": after, "active": ring.active, "limit": batch})
        if not rows:
            return changed
        fresh = [(customer_id, was, _again(ring, customer_id, was)) for customer_id, was in rows]
        changed += bulk.run(_STORE, bulk.columns_of(fresh, 3))
        after = int(rows[-1][0])


def _again(ring: WrapRing, customer_id: int, wrapped: bytes) -> bytes:
    """The same key under the newest wrap key, tried before it is stored."""
    try:
        plain = ring.unseal(bytes(wrapped), KEY_CONTEXT)
    except Unreadable as error:
        raise _refusal(customer_id, bytes(wrapped)) from error
    fresh = ring.seal(plain, KEY_CONTEXT)
    if ring.unseal(fresh, KEY_CONTEXT) != plain:
        raise _refusal(customer_id, bytes(wrapped))
    return fresh


def _refusal(customer_id: int, wrapped: bytes) -> Conflict:
    return Conflict(
        f"The key of customer {customer_id} does not open with wrap key {number_of(wrapped)}. "
        "Its batch was not changed."
    )


def numbers_in_use() -> dict[int, int]:
    """How many customers' keys each wrap key wraps; inside the tenant."""
    rows = bulk.fetch(
        "SELECT CASE WHEN octet_length(wrapped) = 60 THEN 0 "
        "ELSE get_byte(wrapped, 0) * 256 + get_byte(wrapped, 1) END, count(*) "
        "FROM customers_datakey WHERE wrapped IS NOT NULL GROUP BY 1"
    )
    return {int(number): int(count) for number, count in rows}
