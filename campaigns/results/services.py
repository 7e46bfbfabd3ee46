"""Computing the answer in money, storing it with its date, signing it."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from analytics.stats import (
    Comparison,
    HistoryWindow,
    Verdict,
    Waiting,
    compare_strata,
    srm_test,
    verdict,
    weeks_for_fixed_base,
)
from campaigns.broadcasts.models import Broadcast
from campaigns.delivery.selectors import dispatch_counts
from campaigns.results import outcome, selectors
from campaigns.results.models import BroadcastResult
from campaigns.results.outcome import ArmFacts, Measured, Outcome
from cvm_platform.common import clock
from cvm_platform.common.errors import Conflict, NotFound
from tenants.audit.services import Actor, record
from tenants.tenancy.selectors import current_tenant

RETURN_LAG = timedelta(days=30)
SMALLEST_SHARE = 0.05  # the smallest interesting effect, share of the mean, where none is named
POWER_Z = 2.801585  # z of 97.5 % + z of 80 %
HISTORY_WEEKS = (1, 2, 4, 8, 13, 26)
POINTS = 14
Z95 = 1.959964


@dataclass(frozen=True, slots=True)
class Answer:
    """One comparison with everything a page needs to say about it."""

    comparison: Comparison
    verdict: Verdict
    outcome: Outcome
    control_share: float


def _waiting(what: Measured, n_treated: int, n_control: int) -> Waiting | None:
    windows = []
    for weeks in HISTORY_WEEKS:
        mean, sigma, rho = outcome.history(what.layer_id, what.start, weeks)
        if mean > 0 and sigma > 0:
            windows.append(HistoryWindow(weeks=weeks, mean=mean, sigma=sigma, rho=rho))
    if not windows or not n_treated or not n_control:
        return None
    elapsed = (what.end - what.start).days // 7
    return weeks_for_fixed_base(
        windows, n_treated=n_treated, n_control=n_control, smallest_share=SMALLEST_SHARE,
        adjusted=True, elapsed_weeks=elapsed,
    )  # fmt: skip


def answer_for(
    what: Measured, *, control_bp: int, fixed_cost: int, now: datetime, contaminated: int = 0
) -> Answer:
    """The comparison and its verdict for one layer and window."""
    measured = outcome.measure(what)
    treated, control = measured.treated, measured.control
    comparison = compare_strata(measured.strata, adjusted=True)
    share = control_bp / 10_000
    srm = srm_test((treated.n, control.n), (1 - share, share)) if 0 < share < 1 else None
    purity = 1 - contaminated / control.n if control.n else None
    return Answer(
        comparison,
        verdict(
            comparison, srm=srm, fixed_cost=fixed_cost, purity=purity,
            waiting=_waiting(what, treated.n, control.n),
            smallest_effect=SMALLEST_SHARE * max(control.mean, 0.0) or None,
            window_complete=now >= what.end, preliminary=now < what.end + RETURN_LAG,
        ),
        measured, share,
    )  # fmt: skip


def _arm(facts: ArmFacts) -> dict[str, Any]:
    return {
        "n": facts.n, "buyers": facts.buyers, "mean": facts.mean, "revenue": facts.revenue,
        "low": facts.mean - Z95 * facts.se, "high": facts.mean + Z95 * facts.se,
    }  # fmt: skip


def _pair(interval: tuple[float, float] | None) -> list[float] | None:
    return None if interval is None else [float(interval[0]), float(interval[1])]


def money_of(answer: Answer, *, fixed_cost: int) -> dict[str, Any]:
    """The answer as plain numbers (minor units) and codes, ready for JSON."""
    result, judged = answer.comparison, answer.verdict
    share = answer.control_share
    total = judged.total
    messages = round(answer.outcome.treated.message_cost)
    srm = srm_test(
        (answer.outcome.treated.n, answer.outcome.control.n), (1 - share, share)
    ) if 0 < share < 1 else None  # fmt: skip
    visible = None if result.se is None else POWER_Z * result.se
    mean = result.mean_control
    return {
        "arms": {"treated": _arm(answer.outcome.treated), "control": _arm(answer.outcome.control)},
        "difference": result.difference, "interval": _pair(result.interval),
        "welch": _pair(result.welch_interval), "method": result.method, "se": result.se,
        "p_value": result.p_value, "kappa": result.kappa, "theta": result.theta,
        "variance_reduction": result.variance_reduction, "warnings": list(result.warnings),
        "srm": None if srm is None else {"p": srm.p_value, "level": srm.level},
        "verdict": judged.code, "reasons": list(judged.reasons), "doubts": list(judged.doubts),
        "weeks": judged.weeks,
        "control_needed": judged.waiting.control_needed if judged.waiting else None,
        "mde": visible,
        "mde_share": visible / mean if visible is not None and mean and mean > 0 else None,
        "total": None if total is None else {
            "profit": round(total.point), "low": round(total.interval.low),
            "high": round(total.interval.high), "messages": messages, "content": fixed_cost,
            "margin": round(total.point) + messages + fixed_cost,
        },
    }  # fmt: skip


def _days(what: Measured, control_bp: int) -> list[list[Any]]:
    """How the difference grew: [day, difference, low, high], the last one is the headline's."""
    length = (what.end - what.start).days
    step = max(1, -(-length // POINTS))
    points = []
    for day in sorted({*range(step, length, step), length}):
        measured = outcome.measure(what.until(what.start + timedelta(days=day)))
        result = compare_strata(measured.strata, adjusted=True)
        if result.interval is not None:
            moment = (what.start + timedelta(days=day)).date().isoformat()
            points.append([moment, result.difference, result.interval.low, result.interval.high])
    return points


def _counts(dispatch_id: int) -> dict[str, Any]:
    counts = dispatch_counts(dispatch_id)
    return {
        "audience": counts.audience, "sent": counts.sent, "suppressed": counts.suppressed,
        "failed": counts.failed, "ambiguous": counts.ambiguous, "waiting": counts.waiting,
        "reasons": dict(counts.reasons),
    }  # fmt: skip


def people_of(broadcast: Broadcast, now: datetime) -> dict[str, Any] | None:
    """Counts and funnel alone: all that can be said of a broadcast without a control group."""
    if broadcast.dispatch_id is None or broadcast.assigned_at is None:
        return None
    counts = _counts(broadcast.dispatch_id)
    end = min(now, broadcast.assigned_at + timedelta(days=broadcast.window_days))
    funnel = selectors.funnel_of(
        broadcast.dispatch_id, counts["sent"], broadcast.assigned_at, end
    )  # fmt: skip
    return {"counts": counts, "funnel": funnel}


def _payload(broadcast: Broadcast, now: datetime) -> dict[str, Any]:
    if broadcast.layer is None or broadcast.dispatch is None or broadcast.assigned_at is None:
        raise Conflict(_("This broadcast has not been sent yet: there is nothing to measure."))
    end = broadcast.assigned_at + timedelta(days=broadcast.window_days)
    what = Measured(broadcast.layer_id or 0, broadcast.assigned_at, end, broadcast.dispatch_id)
    contaminated = selectors.contaminated(what.layer_id, broadcast.dispatch.pk)
    answer = answer_for(
        what, control_bp=broadcast.layer.control_bp, fixed_cost=broadcast.content_cost, now=now,
        contaminated=contaminated,
    )  # fmt: skip
    tenant = current_tenant()
    counts = _counts(broadcast.dispatch.pk)
    return {
        "window": {"start": what.start.isoformat(), "end": end.isoformat(),
                   "days": broadcast.window_days, "complete": now >= end,
                   "pre_days": (what.start - what.pre_start).days},
        "currency": tenant.currency, "is_simulated": tenant.is_simulated,
        "assumed_margin_bp": tenant.assumed_margin_bp,
        **money_of(answer, fixed_cost=broadcast.content_cost),
        "contaminated": contaminated, "days": _days(what, broadcast.layer.control_bp),
        "funnel": selectors.funnel_of(broadcast.dispatch.pk, counts["sent"], what.start, end),
        "counts": counts, "truth": broadcast.layer.report.get("truth"),
    }  # fmt: skip


def _status(payload: dict[str, Any], now: datetime) -> str:
    end = datetime.fromisoformat(payload["window"]["end"])
    if now < end:
        return BroadcastResult.Status.RUNNING
    if now < end + RETURN_LAG:
        return BroadcastResult.Status.PRELIMINARY
    return BroadcastResult.Status.FINAL


def compute_result(*, broadcast_id: int) -> BroadcastResult:
    """A new version of the result, or the stored one when its input has not changed.

    Raises:
        NotFound: no such broadcast.
        Conflict: it has not been sent.
    """
    broadcast = (
        Broadcast.objects.select_related("layer", "dispatch").filter(pk=broadcast_id).first()
    )
    if broadcast is None:
        raise NotFound(_("There is no such broadcast."))
    now = clock.now()
    payload = _payload(broadcast, now)
    status = _status(payload, now)
    digest = hashlib.sha256(json.dumps([payload, status], sort_keys=True).encode()).hexdigest()
    with transaction.atomic():
        Broadcast.objects.select_for_update().get(pk=broadcast_id)
        last = selectors.latest_result(broadcast)
        if last is not None and last.input_hash == digest:
            return last
        if last is not None and not last.signed_at and last.status == status:
            last.payload, last.input_hash, last.computed_at = payload, digest, now
            last.save(update_fields=["payload", "input_hash", "computed_at"])
            return last
        return BroadcastResult.objects.create(
            broadcast=broadcast, version=(last.version if last else 0) + 1, status=status,
            computed_at=now, input_hash=digest, payload=payload,
        )  # fmt: skip


def sign_result(*, actor: Actor, result_id: int) -> BroadcastResult:
    """Finance puts its name under a figure; from then on a correction is a new version.

    Raises:
        NotFound, Conflict: no such result, the window is still open, or it is signed already.
    """
    with transaction.atomic():
        result = BroadcastResult.objects.select_for_update().filter(pk=result_id).first()
        if result is None:
            raise NotFound(_("There is no such result."))
        if result.signed_at is not None:
            raise Conflict(_("This result is signed already."))
        if result.status == BroadcastResult.Status.RUNNING:
            raise Conflict(_("The window is still open: there is nothing to sign yet."))
        result.signed_by, result.signed_at = actor.name, clock.now()
        result.save(update_fields=["signed_by", "signed_at"])
        record(
            actor=actor, action="result.signed", target=result,
            details={"version": result.version, "input_hash": result.input_hash},
        )  # fmt: skip
    return result


def is_due(broadcast: Broadcast, now: datetime) -> bool:
    """Sent with a control group, and its returns may still come."""
    if broadcast.assigned_at is None or None in (broadcast.dispatch_id, broadcast.layer_id):
        return False
    window = timedelta(days=broadcast.window_days)
    return now < broadcast.assigned_at + window + RETURN_LAG + timedelta(days=1)


def due_broadcasts(now: datetime) -> Sequence[int]:
    """Sent broadcasts whose result may still change; without a control group there is none."""
    rows = Broadcast.objects.filter(assigned_at__isnull=False, dispatch__isnull=False)
    return [row.pk for row in rows if is_due(row, now)]
