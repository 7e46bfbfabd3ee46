"""Relative lift: the difference in shares of the control mean, by the delta method.

L = D / mean_c,  Var(L) ~ Var(mean_t)/mean_c^2 + Var(mean_c) mean_t^2/mean_c^4, df as for D.

Shown for information: verdicts use the absolute interval, and the two can disagree.
Source: Deng, Knoblich & Lu 2018, Applying the delta method in metric analytics.
"""

import math

from scipy import special

from analytics.stats.results import Interval, RelativeLift

ERRORS_FROM_ZERO = 3.0
SMALLEST_BASE = 1e-20


def relative_lift(
    *,
    mean_treated: float,
    mean_control: float,
    variance_treated: float,
    variance_control: float,
    df: float,
    alpha: float = 0.05,
    errors_from_zero: float = ERRORS_FROM_ZERO,
) -> RelativeLift | None:
    """Lift with its interval, or ``None`` when the control mean is not safely above zero.

    Variances are those of the means. A base within three of its errors of zero, or below zero,
    gives no relative number: a small denominator makes any lift, a negative one turns its sign.
    """
    if mean_control < max(SMALLEST_BASE, errors_from_zero * math.sqrt(variance_control)):
        return None
    ratio = mean_treated / mean_control
    lift = ratio - 1
    se = math.sqrt(variance_treated + variance_control * ratio**2) / mean_control
    half = float(special.stdtrit(df, 1 - alpha / 2)) * se
    return RelativeLift(lift=lift, se=se, interval=Interval(lift - half, lift + half))
