"""The skew-safe interval: a difference of means that survives heavy tails at 90/10.

With few controls the control's own spread is small exactly when its mean is small (no big buyer
was drawn), so Welch calls luck an effect. Variance and third moment are therefore borrowed from
both arms together, and a Cornish-Fisher term corrects what remains:

    s_p^2  = [(n_t-1) s_t^2 + (n_c-1) s_c^2] / (n_t+n_c-2),  se_p = s_p sqrt(1/n_t + 1/n_c)
    m_3    = [sum (y_t - mean_t)^3 + sum (y_c - mean_c)^3] / (n_t+n_c)
    kappa  = m_3 (1/n_t^2 - 1/n_c^2) / se_p^3, clipped to [-1, 1]
    g(z)   = z + kappa (z^2 - 1) / 6
    interval [D - g(z) se_p, D - g(-z) se_p],  z = z_{1-alpha/2}

Assumption: treatment changes the spread little. When the treated arm is the smaller one (a pilot)
the larger of se_p and Welch's error is used. Known weak side: an effect that shrinks the spread
of the treated (-10 % on every order) is covered 93 %, so Welch is always printed beside it.

Sources: Cressie & Whitford 1986, How to use the two sample t-test; Cornish & Fisher 1938, Moments
and cumulants in the specification of distributions; Johnson 1978, Modified t tests for asymmetrical
populations.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import special

from analytics.stats.results import Interval
from analytics.stats.sums import Pair

LARGEST_KAPPA = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledError:
    """``kappa`` is not yet clipped."""

    se: float
    kappa: float


def pooled_error(strata: Sequence[Pair]) -> PooledError:
    """Pooled error and skewness of D = sum of w_s D_s, w_s = share of customers in stratum s.

    Variance and third cumulant of a sum of independent terms add with w^2 and w^3; one stratum
    gives the formulas above.
    """
    total = sum(t.n + c.n for t, c in strata)
    variance = third = 0.0
    for t, c in strata:
        n = t.n + c.n
        weight = n / total
        variance += weight**2 * (t.yy + c.yy) / (n - 2) * (1 / t.n + 1 / c.n)
        third += weight**3 * (t.yyy + c.yyy) / n * (1 / t.n**2 - 1 / c.n**2)
    se = math.sqrt(variance)
    return PooledError(se=se, kappa=third / se**3 if se > 0 else 0.0)


def clip_kappa(kappa: float) -> float:
    return max(-LARGEST_KAPPA, min(LARGEST_KAPPA, kappa))


def corrected_quantile(z: float, kappa: float) -> float:
    """g(z) for z >= 0: how many errors away the bound lies on the side where kappa applies.

    The quadratic turns round at z = 3/|kappa| when kappa < 0. Beyond that point the expansion
    knows nothing, and the bound continues with slope 1: intervals stay nested in alpha, and a
    p-value exists for every difference. (|kappa| = 1 turns at z = 3, alpha = .0027.)
    """
    if kappa < 0 and z > -3 / kappa:
        turn = -3 / kappa
        return _quadratic(turn, kappa) + (z - turn)
    return _quadratic(z, kappa)


def _quadratic(z: float, kappa: float) -> float:
    return z + kappa * (z * z - 1) / 6


def skew_safe_interval(difference: float, se: float, kappa: float, alpha: float) -> Interval:
    """[D - g(z) se, D - g(-z) se], g(-z; kappa) = -g(z; -kappa)."""
    z = float(special.ndtri(1 - alpha / 2))
    return Interval(
        difference - corrected_quantile(z, kappa) * se,
        difference + corrected_quantile(z, -kappa) * se,
    )


def skew_safe_p(difference: float, se: float, kappa: float) -> float:
    """The alpha at which the interval just touches zero.

    The interval shrinks onto D + kappa se / 6 as alpha goes to 1; its sign s tells which bound
    touches first. With T = s D / se and k = s kappa the root of g(z) = T is
    z* = [-1 + sqrt(1 + (2k/3)(T + k/6))] 3/k (T when k = 0), computed below in a form that keeps
    its digits for small k; p = 2 Phi(-z*). Where the root is negative (T past the turning point),
    p < 2 Phi(-3/|k|), and the straight part of ``corrected_quantile`` is inverted.
    """
    sign = 1.0 if difference + kappa * se / 6 >= 0 else -1.0
    size, k = sign * difference / se, sign * kappa
    under_root = 1 + (2 * k / 3) * (size + k / 6)
    if under_root < 0:
        turn = -3 / k
        root = turn + size - _quadratic(turn, k)
    else:
        root = 2 * (size + k / 6) / (1 + math.sqrt(under_root))
    return float(2 * special.ndtr(-root))
