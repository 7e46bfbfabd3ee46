"""What the estimators return: numbers and machine codes, never words.

Sentences for people are made by the web layer from these codes, so that they can be translated
and so that a figure on a screen and in the API is the same figure.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Interval(NamedTuple):
    """Two-sided interval, in the unit of the estimate it belongs to."""

    low: float
    high: float

    def contains(self, value: float) -> bool:
        return self.low <= value <= self.high


class Method(StrEnum):
    """How an interval was made; printed beside it."""

    WELCH = "welch"
    SKEW_SAFE = "skew_safe"
    NEWCOMBE = "newcombe"
    WALD = "wald"
    WALD_T = "wald_t"
    DELTA_Z = "delta_z"
    DELTA_T = "delta_t"
    FIELLER = "fieller"
    SCALED = "scaled"


class Caution(StrEnum):
    """Why a result is absent or must be read with care."""

    EMPTY_ARM = "empty_arm"
    """An arm (or an arm of a stratum) has no customers: nothing can be estimated."""
    ARM_OF_ONE = "arm_of_one"
    """An arm (or an arm of a stratum) has one customer: its spread is unknown."""
    NOT_FINITE = "not_finite"
    """A value is NaN, infinite or beyond any amount of money."""
    NO_VARIANCE = "no_variance"
    """Everybody has the same value in both arms: the error cannot be estimated."""
    FEW_BUYERS = "few_buyers"
    """Fewer than 20 buyers in an arm: no verdict about money."""
    WEAK_BASE = "weak_base"
    """The control mean is less than three of its errors above zero: no relative lift."""
    PRE_PERIOD_CONSTANT = "pre_period_constant"
    """The pre-period does not vary, so there is nothing to adjust by: plain estimate."""
    PRE_PERIOD_WEAK = "pre_period_weak"
    """The pre-period correlates below 0.05 with the outcome: adjusted, but it does not help."""
    SKEW_CLIPPED = "skew_clipped"
    """The skewness correction reached its limit: too few controls for such heavy tails."""
    WELCH_UNSAFE = "welch_unsafe"
    """Welch was asked for where the skew-safe interval is due: it promises too much."""
    FEW_CLUSTERS = "few_clusters"
    """Fewer than 40 clusters in an arm: t distribution, read with care."""
    NO_CONTRAST = "no_contrast"
    """The arms differ too little in the denominator (exposure, cost) to divide by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Treated against control, per randomised unit, in the unit of the metric.

    ``interval`` and ``p_value`` belong to ``method``; both candidate intervals are always kept,
    so that a screen can print them side by side. ``None`` means "cannot be computed"; the reason
    is in ``warnings``. With a pre-period, means, errors and intervals are of the adjusted metric.
    """

    difference: float | None
    interval: Interval | None
    method: Method | None
    welch_interval: Interval | None
    skew_safe_interval: Interval | None
    relative: float | None
    relative_interval: Interval | None
    p_value: float | None
    p_welch: float | None
    p_skew_safe: float | None
    se: float | None
    """Standard error behind ``interval`` (that of the chosen method)."""
    se_welch: float | None
    df_welch: float | None
    kappa: float | None
    """Skewness of the difference, clipped to [-1, 1]; its limit of 0.10 chooses the method."""
    theta: float | None
    """Slope on the pre-period; ``None`` when no adjustment was made."""
    variance_reduction: float | None
    mean_treated: float | None
    mean_control: float | None
    n_treated: int
    n_control: int
    buyers_treated: int
    buyers_control: int
    alpha: float
    warnings: tuple[Caution, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RelativeLift:
    """Difference divided by the control mean; for information, never for a verdict."""

    lift: float
    se: float
    interval: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class ProportionComparison:
    """Difference of two shares; ``p_value`` is that of the pooled z whatever the interval."""

    difference: float | None
    interval: Interval | None
    method: Method
    z: float | None
    p_value: float | None
    share_treated: float | None
    share_control: float | None
    n_treated: int
    n_control: int
    alpha: float
    warnings: tuple[Caution, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioComparison:
    """Difference of two ratios of sums (average order value, margin rate, per account)."""

    difference: float | None
    interval: Interval | None
    method: Method
    se: float | None
    p_value: float | None
    ratio_treated: float | None
    ratio_control: float | None
    n_treated: int
    n_control: int
    alpha: float
    warnings: tuple[Caution, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachedEffect:
    """Effect per customer actually exposed; secondary to the headline, never instead of it."""

    effect: float | None
    interval: Interval | None
    method: Method
    exposed_treated: float
    """Share of the treated arm that was exposed, 0..1."""
    exposed_control: float
    warnings: tuple[Caution, ...] = ()
