"""Difference of two shares: buyers, openings, unsubscribes.

p-value: pooled z. Interval: Newcombe's hybrid of Wilson's bounds,

    low  = D - sqrt((p_t - l_t)^2 + (u_c - p_c)^2)
    high = D + sqrt((u_t - p_t)^2 + (p_c - l_c)^2)

which keeps its coverage at small shares and few controls, where Wald's does not (2,700/300 at
2 %: 95.4 % against 92.2 %). ``wald`` uses unpooled errors and z, ``wald_t`` the same with Welch's
degrees of freedom. The p-value and the interval may disagree at the edge: they are different tests.

Source: Newcombe 1998, Interval estimation for the difference between independent proportions:
comparison of eleven methods, method 10.
"""

import math
from dataclasses import dataclass
from typing import Literal

from scipy import special

from analytics.stats.results import Caution, Interval, Method, ProportionComparison

ShareInterval = Literal["newcombe", "wald", "wald_t"]


@dataclass(frozen=True, slots=True)
class _Share:
    successes: int
    n: int

    @property
    def p(self) -> float:
        return self.successes / self.n

    @property
    def variance(self) -> float:
        """Of the share itself, p (1 - p) / n."""
        return self.p * (1 - self.p) / self.n


def compare_proportions(
    successes_treated: int,
    n_treated: int,
    successes_control: int,
    n_control: int,
    *,
    alpha: float = 0.05,
    interval: ShareInterval = "newcombe",
) -> ProportionComparison:
    """Difference of shares, treated minus control.

    Empty arms give ``None`` with a warning. Raises ``ValueError`` for counts outside 0..n.
    """
    for successes, n in ((successes_treated, n_treated), (successes_control, n_control)):
        if not 0 <= successes <= n:
            raise ValueError(f"{successes} successes among {n} customers")
    treated, control = _Share(successes_treated, n_treated), _Share(successes_control, n_control)
    if not treated.n or not control.n:
        return _result(treated, control, interval, alpha, warnings=(Caution.EMPTY_ARM,))
    z = _pooled_z(treated, control)
    warnings: tuple[Caution, ...] = () if z is not None else (Caution.NO_VARIANCE,)
    found: Interval | None
    if interval == "newcombe":
        found = _newcombe(treated, control, alpha)
    elif interval == "wald":
        found = _wald(treated, control, alpha)
    else:
        found, warnings = _wald_t(treated, control, alpha, warnings)
    return _result(treated, control, interval, alpha, z=z, interval=found, warnings=warnings)


def _result(
    treated: _Share,
    control: _Share,
    method: ShareInterval,
    alpha: float,
    *,
    z: float | None = None,
    interval: Interval | None = None,
    warnings: tuple[Caution, ...],
) -> ProportionComparison:
    share_treated = treated.p if treated.n else None
    share_control = control.p if control.n else None
    is_known = share_treated is not None and share_control is not None
    return ProportionComparison(
        difference=treated.p - control.p if is_known else None,
        interval=interval,
        method=Method(method),
        z=z,
        p_value=None if z is None else float(2 * special.ndtr(-abs(z))),
        share_treated=share_treated,
        share_control=share_control,
        n_treated=treated.n,
        n_control=control.n,
        alpha=alpha,
        warnings=warnings,
    )


def _pooled_z(treated: _Share, control: _Share) -> float | None:
    pooled = (treated.successes + control.successes) / (treated.n + control.n)
    variance = pooled * (1 - pooled) * (1 / treated.n + 1 / control.n)
    return (treated.p - control.p) / math.sqrt(variance) if variance > 0 else None


def wilson_interval(successes: int, n: int, alpha: float = 0.05) -> Interval:
    """Wilson's score interval of one share; n >= 1."""
    z = float(special.ndtri(1 - alpha / 2))
    p = successes / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return Interval(max(0.0, centre - half), min(1.0, centre + half))


def _newcombe(treated: _Share, control: _Share, alpha: float) -> Interval:
    t = wilson_interval(treated.successes, treated.n, alpha)
    c = wilson_interval(control.successes, control.n, alpha)
    difference = treated.p - control.p
    # the ends can pass 1 by a rounding only
    return Interval(
        max(-1.0, difference - math.hypot(treated.p - t.low, c.high - control.p)),
        min(1.0, difference + math.hypot(t.high - treated.p, control.p - c.low)),
    )


def _wald(treated: _Share, control: _Share, alpha: float) -> Interval:
    half = float(special.ndtri(1 - alpha / 2)) * math.sqrt(treated.variance + control.variance)
    difference = treated.p - control.p
    return Interval(difference - half, difference + half)


def _wald_t(
    treated: _Share, control: _Share, alpha: float, warnings: tuple[Caution, ...]
) -> tuple[Interval | None, tuple[Caution, ...]]:
    """Welch's degrees of freedom with variances p (1 - p) / n; nothing when neither arm varies."""
    if min(treated.n, control.n) == 1:
        return None, (*warnings, Caution.ARM_OF_ONE)
    v_t, v_c = treated.variance, control.variance
    if v_t + v_c == 0:
        return None, tuple(dict.fromkeys((*warnings, Caution.NO_VARIANCE)))
    df = (v_t + v_c) ** 2 / (v_t**2 / (treated.n - 1) + v_c**2 / (control.n - 1))
    half = float(special.stdtrit(df, 1 - alpha / 2)) * math.sqrt(v_t + v_c)
    difference = treated.p - control.p
    return Interval(difference - half, difference + half), warnings
