"""Claiming a key, remembering the answer, forgetting old ones."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from tenants.idempotency.models import StoredAnswer

# A worker that died leaves its claim behind; after this long a retry may do the work again.
CLAIM_TERM = timedelta(seconds=120)
KEEP = timedelta(days=7)

_CLAIM = """
INSERT INTO idempotency_storedanswer (caller, key, request_hash, content_type, started_at)
VALUES (%(caller)s, %(key)s, %(hash)s, '', %(now)s)
ON CONFLICT (caller, key) DO UPDATE SET started_at = excluded.started_at
WHERE idempotency_storedanswer.status IS NULL
  AND idempotency_storedanswer.request_hash = excluded.request_hash
  AND idempotency_storedanswer.started_at < %(expired)s
RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """Either the right to do the work (`answer_id`), or what is known of the earlier request."""

    answer_id: int | None
    earlier: StoredAnswer | None = None
    is_same_request: bool = True


def claim_key(*, caller: bytes, key: str, request_hash: bytes, now: datetime) -> Claim:
    """One statement decides who does the work, also when two retries come at once."""
    with connection.cursor() as cursor:
        cursor.execute(
            _CLAIM,
            {"caller": caller, "key": key, "hash": request_hash, "now": now,
             "expired": now - CLAIM_TERM},
        )  # fmt: skip
        row = cursor.fetchone()
    if row is not None:
        return Claim(int(row[0]))
    earlier = StoredAnswer.objects.filter(caller=caller, key=key).first()
    if earlier is None:  # released between the two statements
        return claim_key(caller=caller, key=key, request_hash=request_hash, now=now)
    return Claim(None, earlier, bytes(earlier.request_hash) == request_hash)


def store_answer(*, answer_id: int, status: int, content_type: str, body: bytes) -> None:
    StoredAnswer.objects.filter(pk=answer_id).update(
        status=status, content_type=content_type, body=body
    )


def release_key(*, answer_id: int) -> None:
    """A failure of ours is no answer: the retry shall do the work."""
    StoredAnswer.objects.filter(pk=answer_id, status__isnull=True).delete()


def forget_old_answers(*, now: datetime) -> int:
    count, _by_model = StoredAnswer.objects.filter(started_at__lt=now - KEEP).delete()
    return count
