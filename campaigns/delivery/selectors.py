"""Reading the outbox."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from campaigns.delivery.contracts import REASONS, Counts
from campaigns.delivery.models import Dispatch, Message

State = Message.State


def dispatch_counts(dispatch_id: int) -> Counts:
    """Where everybody of the audience is now; always adds up.

    Raises:
        Dispatch.DoesNotExist: there is none.
    """
    audience = Dispatch.objects.values_list("audience", flat=True).get(pk=dispatch_id)
    return _counts(audience, _groups([dispatch_id]).get(dispatch_id, []))


def counts_of_many(dispatch_ids: Iterable[int]) -> dict[int, Counts]:
    """`dispatch_counts` of a page of dispatches in two queries."""
    ids = list(dispatch_ids)
    audiences = dict(Dispatch.objects.filter(pk__in=ids).values_list("pk", "audience"))
    groups = _groups(ids)
    return {pk: _counts(audience, groups.get(pk, [])) for pk, audience in audiences.items()}


def _groups(dispatch_ids: list[int]) -> dict[int, list[tuple[str, str, int]]]:
    rows = (
        Message.objects.filter(dispatch_id__in=dispatch_ids)
        .order_by()
        .values_list("dispatch_id", "state", "reason")
        .annotate(n=Count("*"))
    )
    found: dict[int, list[tuple[str, str, int]]] = {}
    for dispatch_id, state, reason, count in rows:
        found.setdefault(dispatch_id, []).append((state, reason, count))
    return found


def _counts(audience: int, groups: list[tuple[str, str, int]]) -> Counts:
    def total(wanted: str) -> int:
        return sum(count for state, _reason, count in groups if state == wanted)

    reasons = {reason: n for state, reason, n in groups if state == State.SUPPRESSED}
    done = sum(total(each) for each in State.values if each != State.SENDING)
    return Counts(
        audience=audience,
        sent=total(State.SENT),
        suppressed=total(State.SUPPRESSED),
        failed=total(State.FAILED),
        ambiguous=total(State.AMBIGUOUS),
        waiting=audience - done,
        reasons={
            code: reasons[code]
            for code in [*REASONS, *sorted(set(reasons) - set(REASONS))]
            if code in reasons
        },
        failures={reason: n for state, reason, n in groups if state == State.FAILED},
    )


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast it goes: messages a minute so far, and when it will be done if that lasts."""

    per_minute: int
    seconds_left: int | None


def pace(dispatch: Dispatch, counts: Counts, now: datetime) -> Pace:
    if dispatch.started_at is None or dispatch.status != Dispatch.Status.RUNNING:
        return Pace(0, None)
    seconds = max(1.0, (now - dispatch.started_at).total_seconds())
    rate = (counts.audience - counts.waiting) / seconds
    return Pace(round(rate * 60), round(counts.waiting / rate) if rate > 0 else None)
