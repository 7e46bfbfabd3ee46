"""Adjustment by the pre-period (CUPED, analysis of covariance with a pooled slope).

theta = cov(y, x) / var(x) over both arms concatenated (ddof 1);
y' = y - theta * (x - mean of x over everybody).

x is the same metric in a period that ended before assignment; nothing measured after assignment
may be used. x stays raw: capping it loses most of the gain where tails are heavy. With strata the
slope is pooled over the strata from sums within each of them, and each stratum is centred on its
own mean of x; with one stratum that is the formula above.

Sources: Deng, Xu, Kohavi & Walker 2013, Improving the sensitivity of online controlled experiments
by utilizing pre-experiment data; Lin 2013, Agnostic notes on regression adjustments to experimental
data.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.stats.results import Caution
from analytics.stats.sums import ROUNDING_OF_VALUES, Moments, Pair

WEAK_CORRELATION = 0.05
ROUNDING = 1e-14


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """Adjusted moments per stratum, the slope, and the share of variance it removed."""

    strata: tuple[Pair, ...]
    theta: float | None
    variance_reduction: float | None
    warning: Caution | None


def adjust(strata: Sequence[Pair]) -> Adjustment:
    """Adjust every stratum by the common slope; a constant pre-period leaves all as it is.

    ``variance_reduction`` is 1 - var(y') / var(y) over both arms, the square of the correlation;
    ``None`` when y does not vary. A weak correlation is reported, the adjustment stays: choosing
    after looking would bias the error.
    """
    xx = xy = yy = 0.0
    for t, c in strata:
        # centred products over both arms together: within the arms plus between them
        between = t.n * c.n / (t.n + c.n)
        gap_x, gap_y = c.mean_x - t.mean_x, c.mean - t.mean
        xx += t.xx + c.xx + between * gap_x * gap_x
        xy += t.xy + c.xy + between * gap_x * gap_y
        yy += t.yy + c.yy + between * gap_y * gap_y
    if xx <= _rounding_of_x(strata):
        return Adjustment(
            strata=tuple(strata),
            theta=None,
            variance_reduction=None,
            warning=Caution.PRE_PERIOD_CONSTANT,
        )
    theta = xy / xx
    product = xx * yy  # of tiny spends it may round to zero
    reduction = xy * xy / product if product > 0 else None
    is_weak = reduction is not None and reduction < WEAK_CORRELATION**2
    return Adjustment(
        strata=tuple(_adjusted_pair(pair, theta) for pair in strata),
        theta=theta,
        variance_reduction=reduction,
        warning=Caution.PRE_PERIOD_WEAK if is_weak else None,
    )


def _rounding_of_x(strata: Sequence[Pair]) -> float:
    """Sum of squares that the last digits of the arms' means of x alone can make."""
    arms = [arm for pair in strata for arm in pair]
    largest = max(abs(arm.mean_x) for arm in arms)
    return sum(arm.n for arm in arms) * (ROUNDING_OF_VALUES * largest) ** 2


def _adjusted_pair(pair: Pair, theta: float) -> Pair:
    treated, control = pair
    mean_x = (treated.n * treated.mean_x + control.n * control.mean_x) / (treated.n + control.n)
    return _adjusted(treated, theta, mean_x), _adjusted(control, theta, mean_x)


def _adjusted(arm: Moments, theta: float, mean_x: float) -> Moments:
    """Moments of y - theta (x - mean_x); spread below rounding (y explained fully) is zero."""
    scale = arm.yy + theta * theta * arm.xx
    yy = arm.yy - 2 * theta * arm.xy + theta * theta * arm.xx
    is_explained = yy <= ROUNDING * scale
    yyy = arm.yyy - 3 * theta * arm.xyy + 3 * theta**2 * arm.xxy - theta**3 * arm.xxx
    return Moments(
        n=arm.n,
        mean=arm.mean - theta * (arm.mean_x - mean_x),
        yy=0.0 if is_explained else yy,
        yyy=0.0 if is_explained else yyy,
    )
