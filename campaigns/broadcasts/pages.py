"""What the screens of a broadcast show, in words and shares; no rules here."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.broadcasts import selectors
from campaigns.broadcasts.contracts import Estimate, Phase
from campaigns.broadcasts.models import Broadcast
from campaigns.broadcasts.preview import preview_of
from campaigns.channels.frames import SANDBOX
from campaigns.delivery import selectors as delivery
from campaigns.delivery.contracts import Counts
from campaigns.delivery.models import Dispatch
from campaigns.delivery.words import FAILURES, REASONS
from cvm_platform.common import clock, sight
from cvm_platform.common.errors import DomainError

Status = Broadcast.Status
STALE_AFTER_SECONDS = 900
# what is done and which part of the whole was done before it, measured on a million customers
PHASES: dict[str, tuple[str | Promise, float]] = {
    Phase.WAITING: (_("Waiting for its turn"), 0.0),
    Phase.MEMBERS: (_("Bringing the segment up to date"), 0.05),
    Phase.GROUP: (_("Completing the global control group"), 0.15),
    Phase.GATE: (_("Checking everybody's consent, address and limits"), 0.3),
    Phase.DRAW: (_("Drawing the control group"), 0.6),
    Phase.HANDING: (_("Fixing the audience"), 0.8),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of “who gets it and who not”; share is of the whole audience."""

    code: str
    label: str | Promise
    note: str | Promise
    count: int
    share: float


def rows_of(reasons: dict[str, int], total: int, control_bp: int) -> list[Row]:
    """For who sees no exact numbers, small reasons are one line that is always there."""
    rows = []
    found, is_rest_hidden = sight.small_apart(reasons.items())
    for code, count in found:
        label, note, _cure = REASONS.get(code, (code, "", ""))
        if code == "C_LOCAL":
            note = gettext("%(share)s %% of those who may be written to") % {
                "share": control_bp // 100
            }
        rows.append(Row(code, label, note, count, sight.share(count, total)))
    if is_rest_hidden:
        rows.append(Row("OTHER", _("Each other reason"), "", 0, 0.0))
    return rows


def letter_context(broadcast: Broadcast, *, number: int, masked: bool, own: str) -> dict[str, Any]:
    """The letter as the n-th person will see it, and where a test of it may go."""
    context: dict[str, Any] = {"number": number, "next_number": number + 1, "sandbox": SANDBOX,
                               "addresses": selectors.seed_addresses(own)}  # fmt: skip
    try:
        context["preview"] = preview_of(broadcast, number, masked=masked)
    except DomainError as error:
        context["preview_problem"] = error.message
    return context


def preparing_context(broadcast: Broadcast) -> dict[str, Any]:
    """Of a broadcast that is being counted or started."""
    preparation = selectors.active_preparation(broadcast)
    phase, share = PHASES.get(preparation.phase if preparation else "", PHASES[Phase.WAITING])
    return {"preparation": preparation, "phase": phase, "share": share}


def is_to_be_counted(broadcast: Broadcast) -> bool:
    """Whether the numbers are too old to be asked about: where a count is quick they always are."""
    estimate = Estimate.from_json(broadcast.estimate)
    return (
        estimate is None or selectors.is_counted_at_once() or _age(estimate) > STALE_AFTER_SECONDS
    )


def _age(estimate: Estimate) -> float:
    return (clock.now() - datetime.fromisoformat(estimate.at)).total_seconds()


def draft_context(broadcast: Broadcast) -> dict[str, Any]:
    """Of the review page and the confirmation."""
    estimate = Estimate.from_json(broadcast.estimate)
    context: dict[str, Any] = {"estimate": estimate, "price": selectors.price_of_message(),
                               "failed": selectors.failed_preparation(broadcast)}  # fmt: skip
    if estimate is None:
        return context
    context |= {
        "rows": rows_of(estimate.reasons, estimate.segment, broadcast.control_bp),
        "share": sight.share(estimate.will_receive, estimate.segment),
        "counted_at": datetime.fromisoformat(estimate.at),
        "promise": promise_of(estimate),
        # a button that is not there would say "nobody"
        "can_start": estimate.will_receive > 0 or not sight.is_exact(),
        "is_exact": sight.is_exact(),
        "is_stale": _age(estimate) > STALE_AFTER_SECONDS,
        "cost": cost_of(context["price"], estimate.will_receive),
        "total_cost": cost_of(context["price"], estimate.will_receive) + broadcast.content_cost,
        "silent": estimate.reasons.get("C_LOCAL", 0),
        "silent_global": estimate.reasons.get("C_GLOBAL", 0),
        "power": None if sight.is_small(estimate.segment) else estimate.power,
    }
    return context


def promise_of(estimate: Estimate) -> str:
    """What the confirmation carries: the number, or for the agency the count that was shown."""
    return str(estimate.will_receive) if sight.is_exact() else estimate.at


def expected_of(broadcast: Broadcast, promise: str) -> int:
    """How many letters were agreed to; -1 for a promise of nothing that was shown.

    Who sees rounded numbers cannot try exact ones here: what he agrees to is a count by its time.
    """
    if sight.is_exact():
        return int(promise) if promise.isdecimal() and len(promise) < 12 else -1
    estimate = Estimate.from_json(broadcast.estimate)
    return estimate.will_receive if estimate is not None and promise == estimate.at else -1


def cost_of(price: Decimal, letters: int) -> int:
    """Minor units."""
    return round(price * sight.seen(letters))


def sending_context(broadcast: Broadcast) -> dict[str, Any]:
    """Of a started broadcast: where everybody is, how long it takes."""
    dispatch = broadcast.dispatch
    if dispatch is None:
        return {}
    counts = delivery.dispatch_counts(dispatch.pk)
    pace = delivery.pace(dispatch, counts, clock.now())
    return {
        "counts": counts,
        "rows": rows_of(counts.reasons, counts.audience, broadcast.control_bp),
        "failures": [
            (FAILURES.get(code, code), count)
            for code, count in sight.small_apart(counts.failures.items())[0]
        ],
        "share": _share(counts),
        "done": counts.audience - counts.waiting,
        "minutes_left": max(1, round(pace.seconds_left / 60)) if pace.seconds_left else None,
        "per_minute": pace.per_minute,
        "cost": cost_of(dispatch.price, counts.sent + counts.ambiguous),
        "is_live": broadcast.status == Status.SENDING,
        "reason": dispatch.pause_reason if dispatch.status == Dispatch.Status.PAUSED else "",
    }


def _share(counts: Counts) -> float:
    """Done of all, 1 at the end."""
    done = counts.audience - counts.waiting
    return sight.share(done, counts.audience) if counts.waiting else 1.0


def list_rows(broadcasts: list[Broadcast]) -> list[tuple[Broadcast, Counts | None]]:
    ids = [each.dispatch_id for each in broadcasts if each.dispatch_id is not None]
    counts = delivery.counts_of_many(ids)
    return [(each, counts.get(each.dispatch_id or 0)) for each in broadcasts]
