"""Keys that make a repetition harmless: each is taken once, whatever happens at the same time."""

from collections.abc import Collection

from django.db import transaction
from psycopg.errors import UniqueViolation

from cvm_platform.common import bulk

# below this, one careful statement costs less than looking first
_FEW = 50

_SEEN = "SELECT key FROM events_eventkey WHERE source = %s AND key = ANY(%s::text[])"
# Keys are taken in their order, so that two calls at once wait for each other instead of locking
# each other out.
_TAKE = """
INSERT INTO events_eventkey (source, key)
SELECT %s, key FROM unnest(%s::text[]) AS key ORDER BY key
ON CONFLICT DO NOTHING RETURNING key
"""


def take_keys(source: str, keys: Collection[str]) -> set[str]:
    """Those of `keys` that nobody has taken before; they are taken now."""
    if len(keys) <= _FEW:
        return _take(source, keys)
    fresh = set(keys) - {row[0] for row in bulk.fetch(_SEEN, [source, bulk.text_array(keys)])}
    if len(fresh) <= _FEW:
        return _take(source, fresh)
    try:
        with transaction.atomic():
            bulk.copy_texts("events_eventkey", ("source", "key"), source, sorted(fresh))
    except UniqueViolation:  # somebody took one of them since we looked
        return _take(source, fresh)
    return fresh


def _take(source: str, keys: Collection[str]) -> set[str]:
    if not keys:
        return set()
    return {row[0] for row in bulk.fetch(_TAKE, [source, bulk.text_array(keys)])}
