"""The verdict on a comparison: a machine code chosen by the interval only, and the money in total.

Profit in total = n_t D - F, interval n_t [low, high] - F: per-customer effect times the number of
*treated* customers, fixed costs F subtracted once. The verdict is read off that net interval, so a
campaign whose gain does not cover its fixed cost has not earned.

Not offered on purpose: trends, "almost significant", probabilities of working.
"""

from dataclasses import dataclass
from enum import StrEnum

from analytics.stats.power import Waiting
from analytics.stats.results import Caution, Comparison, Interval
from analytics.stats.srm import SrmLevel, SrmResult

PURE = 0.99
DILUTED = 0.95


class VerdictCode(StrEnum):
    PROVED_GAIN = "proved_gain"
    """low > 0."""
    PROVED_LOSS = "proved_loss"
    """high < 0."""
    NO_NOTICEABLE_EFFECT = "no_noticeable_effect"
    """Zero inside, and the interval shuts out every effect that would be of interest."""
    NOT_PROVED = "not_proved"
    """Zero inside, wide, and nothing known about waiting; effects below ``visible`` are unseen."""
    NOT_ENOUGH_DATA = "not_enough_data"
    """Zero inside, wide; about ``weeks`` more weeks would do."""
    WAITING_WILL_NOT_HELP = "waiting_will_not_help"
    """Zero inside, wide, and no window of the history suffices; see ``waiting.levers``."""
    REFUSED = "refused"
    """No verdict; see ``reasons``. Figures may be shown only for finding the fault."""


class Refusal(StrEnum):
    """Why there is no verdict."""

    NO_INTERVAL = "no_interval"
    SAMPLE_RATIO = "sample_ratio"
    FEW_BUYERS = "few_buyers"
    DILUTED = "diluted"
    WINDOW_OPEN = "window_open"
    WEIGHTS_CHANGED = "weights_changed"
    METRIC_CHANGED = "metric_changed"


class Doubt(StrEnum):
    """What the page must say beside a verdict that still stands."""

    SAMPLE_RATIO = "sample_ratio"
    IMPURE_CONTROL = "impure_control"
    PRELIMINARY = "preliminary"


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalProfit:
    """In the unit of the metric, over all treated customers, fixed costs subtracted."""

    point: float
    interval: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """``visible`` = max(|low|, |high|) per customer after fixed costs: less cannot be seen.

    On a refusal the figures stay, so that the fault can be found; they are no result.
    """

    code: VerdictCode
    reasons: tuple[Refusal, ...]
    doubts: tuple[Doubt, ...]
    total: TotalProfit | None
    visible: float | None
    waiting: Waiting | None

    @property
    def weeks(self) -> int | None:
        """Weeks to wait, when the verdict is that waiting helps."""
        is_waiting = self.code is VerdictCode.NOT_ENOUGH_DATA and self.waiting is not None
        return self.waiting.weeks if is_waiting and self.waiting else None


def total_profit(comparison: Comparison, *, fixed_cost: float = 0.0) -> TotalProfit | None:
    """n_t D - F with its interval; ``None`` when the comparison has no interval."""
    if comparison.difference is None or comparison.interval is None:
        return None
    n = comparison.n_treated
    low, high = comparison.interval
    return TotalProfit(
        point=n * comparison.difference - fixed_cost,
        interval=Interval(n * low - fixed_cost, n * high - fixed_cost),
    )


def verdict(
    comparison: Comparison,
    *,
    srm: SrmResult | None = None,
    fixed_cost: float = 0.0,
    smallest_effect: float | None = None,
    waiting: Waiting | None = None,
    purity: float | None = None,
    window_complete: bool = True,
    weights_changed: bool = False,
    metric_changed: bool = False,
    preliminary: bool = False,
) -> Verdict:
    """Choose the verdict.

    ``smallest_effect`` is the registered smallest interesting effect per customer, in the unit of
    the metric; ``purity`` the share of controls without a contact from the tested source;
    ``preliminary`` says that returns may still come. Of two sample ratio tests (assigned, analysed)
    give the worse.
    """
    total = total_profit(comparison, fixed_cost=fixed_cost)
    refusals = {
        Refusal.NO_INTERVAL: total is None,
        Refusal.SAMPLE_RATIO: srm is not None and srm.level is SrmLevel.REFUSE,
        Refusal.FEW_BUYERS: Caution.FEW_BUYERS in comparison.warnings,
        Refusal.DILUTED: purity is not None and purity < DILUTED,
        Refusal.WINDOW_OPEN: not window_complete,
        Refusal.WEIGHTS_CHANGED: weights_changed,
        Refusal.METRIC_CHANGED: metric_changed,
    }
    reasons = tuple(reason for reason, applies in refusals.items() if applies)
    visible = _visible(total, comparison.n_treated)
    code = VerdictCode.REFUSED
    if not reasons and total is not None and visible is not None:
        code = _code(total.interval, visible, smallest_effect, waiting)
    return Verdict(
        code=code,
        reasons=reasons,
        doubts=_doubts(srm, purity, preliminary=preliminary),
        total=total,
        visible=visible,
        waiting=waiting,
    )


def _doubts(srm: SrmResult | None, purity: float | None, *, preliminary: bool) -> tuple[Doubt, ...]:
    doubts = {
        Doubt.SAMPLE_RATIO: srm is not None and srm.level is SrmLevel.WARN,
        Doubt.IMPURE_CONTROL: purity is not None and DILUTED <= purity < PURE,
        Doubt.PRELIMINARY: preliminary,
    }
    return tuple(doubt for doubt, applies in doubts.items() if applies)


def _visible(total: TotalProfit | None, n_treated: int) -> float | None:
    if total is None:
        return None
    return max(abs(total.interval.low), abs(total.interval.high)) / n_treated


def _code(
    net: Interval, visible: float, smallest_effect: float | None, waiting: Waiting | None
) -> VerdictCode:
    if net.low > 0:
        return VerdictCode.PROVED_GAIN
    if net.high < 0:
        return VerdictCode.PROVED_LOSS
    if smallest_effect is not None and visible <= smallest_effect:
        return VerdictCode.NO_NOTICEABLE_EFFECT
    if waiting is None:
        return VerdictCode.NOT_PROVED
    if waiting.weeks is None:
        return VerdictCode.WAITING_WILL_NOT_HELP
    return VerdictCode.NOT_ENOUGH_DATA
