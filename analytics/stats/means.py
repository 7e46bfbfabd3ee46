"""Treated against control: difference of means with an interval that can be trusted with money.

Welch:  D = mean_t - mean_c,  se^2 = s_t^2/n_t + s_c^2/n_c,
        df = se^4 / [(s_t^2/n_t)^2/(n_t-1) + (s_c^2/n_c)^2/(n_c-1)],  D +- t_{1-alpha/2,df} se.
Strata: D = sum w_s D_s, w_s = n_s/n, Var = sum w_s^2 (s_ts^2/n_ts + s_cs^2/n_cs), df by the same
        Satterthwaite rule over all terms; one stratum gives Welch.
Automatic choice: |kappa| <= 0.10 (see ``skew``) takes Welch, else the skew-safe interval. It looks
at the split and the skewness, never at D.

The unit is the randomised unit; all assigned customers count in their arm (intention to treat).
Degenerate input gives a result with ``interval=None`` and the reason, never an exception; an
exception means that the call itself is wrong.

Sources: Welch 1947, The generalization of "Student's" problem when several different population
variances are involved; Imbens & Rubin 2015, Causal Inference for Statistics, Social, and
Biomedical Sciences, ch. 9.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from numpy.typing import ArrayLike
from scipy import special

from analytics.stats.cuped import Adjustment, adjust
from analytics.stats.lift import relative_lift
from analytics.stats.results import Caution, Comparison, Interval, Method, RelativeLift
from analytics.stats.skew import (
    LARGEST_KAPPA,
    clip_kappa,
    pooled_error,
    skew_safe_interval,
    skew_safe_p,
)
from analytics.stats.sums import ArmSums, Pair, caution_about, central_moments

IntervalChoice = Literal["auto", "welch", "skew_safe"]

WELCH_LIMIT = 0.10
"""Largest |kappa| at which Welch still covers what it promises."""
ENOUGH_BUYERS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Estimate:
    """Weighted means and Welch's error over the strata."""

    mean_treated: float
    mean_control: float
    variance_treated: float
    """Of the weighted mean, not of one customer."""
    variance_control: float
    df: float

    @property
    def difference(self) -> float:
        return self.mean_treated - self.mean_control

    @property
    def se(self) -> float:
        return math.sqrt(self.variance_treated + self.variance_control)

    def lift(self, alpha: float) -> RelativeLift | None:
        return relative_lift(
            mean_treated=self.mean_treated,
            mean_control=self.mean_control,
            variance_treated=self.variance_treated,
            variance_control=self.variance_control,
            df=self.df,
            alpha=alpha,
        )


def compare(
    treated: ArrayLike,
    control: ArrayLike,
    *,
    pre_treated: ArrayLike | None = None,
    pre_control: ArrayLike | None = None,
    alpha: float = 0.05,
    interval: IntervalChoice = "auto",
    buyers_treated: int | None = None,
    buyers_control: int | None = None,
) -> Comparison:
    """Compare one value per customer of two arms; ``pre_*`` adjusts by the pre-period.

    Buyers default to the customers with a non-zero value; give them for metrics such as profit,
    where a message alone makes the value non-zero. Raises ``ValueError`` when only one arm has a
    pre-period, its length differs, or ``alpha`` is outside (0, 1).
    """
    if (pre_treated is None) != (pre_control is None):
        raise ValueError("a pre-period is needed for both arms or for none")
    return compare_sums(
        ArmSums.of(treated, pre_treated, buyers=buyers_treated),
        ArmSums.of(control, pre_control, buyers=buyers_control),
        adjusted=pre_treated is not None,
        alpha=alpha,
        interval=interval,
    )


def compare_sums(
    treated: ArmSums,
    control: ArmSums,
    *,
    adjusted: bool = False,
    alpha: float = 0.05,
    interval: IntervalChoice = "auto",
) -> Comparison:
    """``compare`` from sums; ``adjusted`` uses the x sums (CUPED)."""
    return compare_strata([(treated, control)], adjusted=adjusted, alpha=alpha, interval=interval)


def compare_strata(
    strata: Sequence[tuple[ArmSums, ArmSums]],
    *,
    adjusted: bool = False,
    alpha: float = 0.05,
    interval: IntervalChoice = "auto",
) -> Comparison:
    """Stratified difference of means: (treated, control) sums of every stratum.

    Use it whenever the draw was stratified. A stratum with an empty arm or an arm of one leaves
    the whole without an interval: dropping it would change the population after the draw.
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must lie between 0 and 1, not {alpha}")
    blank = _blank(strata, alpha)
    arms = [arm for pair in strata for arm in pair]
    caution = caution_about(arms) if arms else Caution.EMPTY_ARM
    if caution is not None:
        return _with_warnings(blank, caution)
    pairs: tuple[Pair, ...] = tuple((central_moments(t), central_moments(c)) for t, c in strata)
    adjustment = adjust(pairs) if adjusted else _unadjusted(pairs)
    if any(arm.n == 1 for arm in arms):
        treated, control = _means(adjustment.strata)
        return _with_warnings(
            replace(
                blank,
                difference=treated - control,
                mean_treated=treated,
                mean_control=control,
            ),
            Caution.ARM_OF_ONE,
            adjustment.warning,
        )
    return _estimated(blank, adjustment, interval)


def _blank(strata: Sequence[tuple[ArmSums, ArmSums]], alpha: float) -> Comparison:
    """A result that so far only knows how many customers and buyers there are."""
    return Comparison(
        difference=None,
        interval=None,
        method=None,
        welch_interval=None,
        skew_safe_interval=None,
        relative=None,
        relative_interval=None,
        p_value=None,
        p_welch=None,
        p_skew_safe=None,
        se=None,
        se_welch=None,
        df_welch=None,
        kappa=None,
        theta=None,
        variance_reduction=None,
        mean_treated=None,
        mean_control=None,
        n_treated=sum(t.n for t, _ in strata),
        n_control=sum(c.n for _, c in strata),
        buyers_treated=sum(t.buyers for t, _ in strata),
        buyers_control=sum(c.buyers for _, c in strata),
        alpha=alpha,
    )


def _with_warnings(result: Comparison, *cautions: Caution | None) -> Comparison:
    """Add the cautions that are not ``None``, and the one about buyers, which depends on counts."""
    found = [caution for caution in cautions if caution is not None]
    if min(result.buyers_treated, result.buyers_control) < ENOUGH_BUYERS:
        found.append(Caution.FEW_BUYERS)
    return replace(result, warnings=tuple(found))


def _unadjusted(pairs: tuple[Pair, ...]) -> Adjustment:
    return Adjustment(strata=pairs, theta=None, variance_reduction=None, warning=None)


def _means(strata: Sequence[Pair]) -> tuple[float, float]:
    """Treated and control, strata weighted by their customers."""
    total = sum(t.n + c.n for t, c in strata)
    treated = sum((t.n + c.n) / total * t.mean for t, c in strata)
    control = sum((t.n + c.n) / total * c.mean for t, c in strata)
    return treated, control


def _estimate(strata: Sequence[Pair]) -> _Estimate:
    """Every arm has two customers or more."""
    mean_treated, mean_control = _means(strata)
    total = sum(t.n + c.n for t, c in strata)
    treated = control = fourth = 0.0
    for t, c in strata:
        weight = ((t.n + c.n) / total) ** 2
        of_treated, of_control = weight * t.variance_of_mean, weight * c.variance_of_mean
        treated += of_treated
        control += of_control
        fourth += of_treated**2 / (t.n - 1) + of_control**2 / (c.n - 1)
    return _Estimate(
        mean_treated=mean_treated,
        mean_control=mean_control,
        variance_treated=treated,
        variance_control=control,
        df=(treated + control) ** 2 / fourth if fourth > 0 else math.inf,
    )


def _estimated(blank: Comparison, adjustment: Adjustment, interval: IntervalChoice) -> Comparison:
    estimate = _estimate(adjustment.strata)
    base = replace(
        blank,
        difference=estimate.difference,
        mean_treated=estimate.mean_treated,
        mean_control=estimate.mean_control,
        se=estimate.se,
        se_welch=estimate.se,
        theta=adjustment.theta,
        variance_reduction=adjustment.variance_reduction,
    )
    if estimate.se == 0:
        return _with_warnings(base, Caution.NO_VARIANCE, adjustment.warning)
    return _with_intervals(base, estimate, adjustment, interval)


def _with_intervals(
    base: Comparison, estimate: _Estimate, adjustment: Adjustment, interval: IntervalChoice
) -> Comparison:
    pooled = pooled_error(adjustment.strata)
    kappa = clip_kappa(pooled.kappa)
    is_pilot = base.n_treated < base.n_control
    se_safe = max(pooled.se, estimate.se) if is_pilot else pooled.se
    difference, alpha = estimate.difference, base.alpha
    welch = welch_interval(difference, estimate.se, estimate.df, alpha)
    p_welch = float(2 * special.stdtr(estimate.df, -abs(difference) / estimate.se))
    safe = skew_safe_interval(difference, se_safe, kappa, alpha)
    p_safe = skew_safe_p(difference, se_safe, kappa)
    method = _method(interval, kappa)
    is_welch = method is Method.WELCH
    lift = estimate.lift(alpha)
    is_unsafe = is_welch and abs(kappa) > WELCH_LIMIT
    return _with_warnings(
        replace(
            base,
            interval=welch if is_welch else safe,
            method=method,
            welch_interval=welch,
            skew_safe_interval=safe,
            relative=lift.lift if lift else None,
            relative_interval=lift.interval if lift else None,
            p_value=p_welch if is_welch else p_safe,
            p_welch=p_welch,
            p_skew_safe=p_safe,
            se=estimate.se if is_welch else se_safe,
            df_welch=estimate.df,
            kappa=kappa,
        ),
        Caution.SKEW_CLIPPED if abs(pooled.kappa) > LARGEST_KAPPA else None,
        Caution.WELCH_UNSAFE if is_unsafe else None,
        None if lift else Caution.WEAK_BASE,
        adjustment.warning,
    )


def welch_interval(difference: float, se: float, df: float, alpha: float) -> Interval:
    """D +- t_{1-alpha/2, df} se."""
    half = float(special.stdtrit(df, 1 - alpha / 2)) * se
    return Interval(difference - half, difference + half)


def _method(interval: IntervalChoice, kappa: float) -> Method:
    if interval == "auto":
        return Method.WELCH if abs(kappa) <= WELCH_LIMIT else Method.SKEW_SAFE
    return Method(interval)
