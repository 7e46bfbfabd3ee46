import dataclasses
from decimal import Decimal

import numpy as np
import pytest

from analytics.stats import (
    ArmSums,
    Caution,
    Comparison,
    Interval,
    Method,
    compare,
    compare_strata,
    compare_sums,
    relative_lift,
)

T = [120, 0, 340, 90, 0, 210, 560, 80]
C = [100, 0, 150, 0, 60, 0, 230, 40]
PRE_T = [100, 20, 300, 80, 10, 150, 400, 90]
PRE_C = [110, 0, 160, 10, 70, 20, 200, 30]


def near(*values: float) -> object:
    return pytest.approx(values if len(values) > 1 else values[0], rel=0, abs=1e-6)


def test_welch() -> None:
    result = compare(T, C)
    assert result.method is Method.WELCH
    assert result.difference == near(102.5)
    assert result.se == near(73.890604)
    assert result.df_welch == near(9.551767)
    assert result.interval == result.welch_interval == near(-63.191801, 268.191801)
    assert result.p_value == result.p_welch == near(0.196897)
    assert (result.mean_treated, result.mean_control) == (175.0, 72.5)
    assert (result.n_treated, result.n_control) == (8, 8)
    assert (result.buyers_treated, result.buyers_control) == (6, 5)


def test_profit_from_margins_and_costs_of_the_same_customers() -> None:
    costs_t, costs_c = [4, 4, 38, 13, 4, 25, 60, 12], [0, 0, 5, 0, 0, 0, 10, 0]
    result = compare(np.subtract(T, costs_t), np.subtract(C, costs_c))
    assert result.difference == near(84.375)
    assert result.se_welch == near(67.080958)
    assert result.df_welch == near(9.886353)
    assert result.welch_interval == near(-65.323909, 234.073909)
    independent = np.hypot(compare(T, C).se_welch or 0, compare(costs_t, costs_c).se_welch or 0)
    assert independent == pytest.approx(74.24, abs=0.005)


def test_relative_lift_by_the_delta_method() -> None:
    result = compare(T, C)
    lift = relative_lift(
        mean_treated=float(np.mean(T)),
        mean_control=float(np.mean(C)),
        variance_treated=float(np.var(T, ddof=1)) / 8,
        variance_control=float(np.var(C, ddof=1)) / 8,
        df=result.df_welch or 0,
        errors_from_zero=0,
    )
    assert lift is not None
    assert lift.lift == near(1.413793)
    assert lift.se == near(1.354546)
    assert lift.interval == near(-1.623631, 4.451217)


def test_no_relative_lift_on_a_base_within_three_errors_of_zero() -> None:
    result = compare(T, C)
    assert result.relative is None
    assert result.relative_interval is None
    assert Caution.WEAK_BASE in result.warnings


@pytest.mark.parametrize("control", [[-30, -31, -32, -33], [0, 0, 0, 0]])
def test_no_relative_lift_on_a_base_that_is_not_positive(control: list[int]) -> None:
    result = compare([10, 11, 12, 13], control)
    assert result.interval is not None
    assert result.relative is None
    assert Caution.WEAK_BASE in result.warnings


def test_relative_lift_of_a_firm_base() -> None:
    result = compare([110, 120, 130, 120], [100, 101, 99, 100])
    assert result.relative == near(0.2)
    assert result.relative_interval is not None
    assert result.relative_interval.low < 0.2 < result.relative_interval.high
    assert Caution.WEAK_BASE not in result.warnings


def test_adjustment_by_the_pre_period() -> None:
    result = compare(T, C, pre_treated=PRE_T, pre_control=PRE_C)
    assert result.theta == near(1.334802)
    assert result.variance_reduction == near(0.973875)
    assert np.sqrt(result.variance_reduction or 0) == near(0.986851)
    assert result.difference == near(10.732369)
    assert result.se == near(12.410369)
    assert result.df_welch == near(13.531609)
    assert result.interval == near(-15.971923, 37.436661)
    assert result.p_value == near(0.402225)


def test_adjusting_sums_is_comparing_adjusted_values() -> None:
    """Means, errors and skewness of y - theta (x - mean x), computed without any values."""
    rng = np.random.default_rng(2)
    x_t, x_c = rng.lognormal(3, 1, 400), rng.lognormal(3.1, 1, 60)
    y_t, y_c = x_t * 0.7 + rng.lognormal(2, 1.2, 400), x_c * 0.7 + rng.lognormal(2, 1.2, 60)
    result = compare(y_t, y_c, pre_treated=x_t, pre_control=x_c)
    slope = float(np.polyfit(np.r_[x_t, x_c], np.r_[y_t, y_c], 1)[0])
    centre = float(np.r_[x_t, x_c].mean())
    by_hand = compare(y_t - slope * (x_t - centre), y_c - slope * (x_c - centre))
    assert result.method is by_hand.method is Method.SKEW_SAFE
    assert result.theta == near(slope)
    assert result.kappa == near(by_hand.kappa or 0)
    assert (result.mean_treated, result.mean_control) == near(
        by_hand.mean_treated or 0, by_hand.mean_control or 0
    )
    assert result.interval == near(*(by_hand.interval or ()))
    assert result.welch_interval == near(*(by_hand.welch_interval or ()))


def test_skew_safe_interval_with_few_controls() -> None:
    result = compare(T, C[:4])
    assert result.method is Method.SKEW_SAFE
    assert result.difference == near(112.5)
    assert result.se == near(101.379547)
    assert result.kappa == near(-0.185495)
    assert result.interval == result.skew_safe_interval == near(-77.294445, 320.106075)
    assert result.p_value == result.p_skew_safe == near(0.263834)
    assert result.welch_interval is not None
    assert result.welch_interval != result.interval


def test_skew_safe_interval_of_equal_arms_has_no_skew() -> None:
    result = compare(T, C, interval="skew_safe")
    assert result.method is Method.SKEW_SAFE
    assert result.kappa == 0
    assert result.interval == near(-42.322924, 247.322924)


def test_swapped_arms_mirror_the_interval() -> None:
    forth, back = compare(T, C[:4]), compare(C[:4], T)
    assert forth.interval is not None
    assert back.interval == near(-forth.interval.high, -forth.interval.low)
    assert back.p_value == near(forth.p_value or 0)
    assert back.kappa == near(-(forth.kappa or 0))


def test_small_treated_arm_takes_the_larger_error() -> None:
    pilot = [0, 0, 900, 0]
    result = compare(pilot, T)
    assert result.method is Method.SKEW_SAFE
    assert result.se_welch is not None
    assert result.se == result.se_welch > compare(T, pilot).se  # type: ignore[operator] # both set


def test_welch_where_it_is_unsafe_says_so() -> None:
    result = compare(T, C[:4], interval="welch")
    assert result.method is Method.WELCH
    assert result.interval == result.welch_interval
    assert Caution.WELCH_UNSAFE in result.warnings
    assert Caution.WELCH_UNSAFE not in compare(T, C[:4]).warnings


def test_skewness_beyond_its_limit_is_clipped_and_reported() -> None:
    treated = np.zeros(3000)
    treated[0] = 1e6
    result = compare(treated, np.arange(20) % 2)
    assert result.kappa == -1
    assert Caution.SKEW_CLIPPED in result.warnings


def test_strata_are_weighted_by_their_customers() -> None:
    strata = [
        (ArmSums.of([10, 20, 0, 30]), ArmSums.of([5, 15, 10])),
        (ArmSums.of([200, 260, 240]), ArmSums.of([150, 210])),
    ]
    result = compare_strata(strata)
    assert result.difference == near(25.138889)
    assert result.se_welch == near(15.075684)
    assert (result.n_treated, result.n_control) == (7, 5)
    assert (result.buyers_treated, result.buyers_control) == (6, 5)


def test_pooled_error_and_skewness_over_unequal_strata_by_hand() -> None:
    rng = np.random.default_rng(12)
    arms = [(rng.lognormal(3, 1, n_t), rng.lognormal(3, 1, n_c)) for n_t, n_c in ((90, 9), (45, 6))]
    variance = third = 0.0
    for t, c in arms:
        weight = (t.size + c.size) / 150
        spread = (t.var() * t.size + c.var() * c.size) / (t.size + c.size - 2)
        cubes = ((t - t.mean()) ** 3).sum() + ((c - c.mean()) ** 3).sum()
        variance += weight**2 * spread * (1 / t.size + 1 / c.size)
        third += weight**3 * cubes / (t.size + c.size) * (1 / t.size**2 - 1 / c.size**2)
    result = compare_strata([(ArmSums.of(t), ArmSums.of(c)) for t, c in arms], interval="skew_safe")
    assert result.se == near(float(np.sqrt(variance)))
    assert result.kappa == near(float(third / variance**1.5))
    assert -1 < (result.kappa or 0) < -0.1


def test_one_stratum_is_the_plain_comparison() -> None:
    assert compare_strata([(ArmSums.of(T), ArmSums.of(C))]) == compare(T, C)


def test_adjustment_within_strata_does_not_see_the_differences_between_them() -> None:
    slope = 2.0
    low_t, low_c = np.array([1.0, 2, 4, 9]), np.array([1.0, 3, 5])
    high_t, high_c = low_t + 1000, low_c + 1000
    # y rises by 2 per unit of x inside both strata, and falls between them
    strata = [
        (ArmSums.of(slope * low_t + 5000, low_t), ArmSums.of(slope * low_c + 5000, low_c)),
        (ArmSums.of(slope * high_t - 9000, high_t), ArmSums.of(slope * high_c - 9000, high_c)),
    ]
    result = compare_strata(strata, adjusted=True)
    assert result.theta == near(slope)
    assert result.difference == near(0)
    assert result.warnings == (Caution.NO_VARIANCE, Caution.FEW_BUYERS)


@pytest.mark.parametrize(
    ("treated", "control", "caution"),
    [
        ([], C, Caution.EMPTY_ARM),
        (T, [], Caution.EMPTY_ARM),
        ([], [], Caution.EMPTY_ARM),
        ([1.0, float("nan")], C, Caution.NOT_FINITE),
        (T, [1.0, float("inf")], Caution.NOT_FINITE),
        ([1e70, 0.0], C, Caution.NOT_FINITE),
    ],
)
def test_no_estimate_at_all(treated: list[float], control: list[float], caution: Caution) -> None:
    result = compare(treated, control)
    assert result.difference is None
    assert result.interval is None
    assert result.p_value is None
    assert result.warnings == (caution, Caution.FEW_BUYERS)


def test_no_strata_at_all() -> None:
    result = compare_strata([])
    assert result.interval is None
    assert result.warnings == (Caution.EMPTY_ARM, Caution.FEW_BUYERS)


def test_an_arm_of_one_has_a_difference_and_no_interval() -> None:
    result = compare([100], C)
    assert result.difference == 27.5
    assert (result.mean_treated, result.mean_control) == (100, 72.5)
    assert result.interval is None
    assert result.warnings == (Caution.ARM_OF_ONE, Caution.FEW_BUYERS)


@pytest.mark.parametrize("value", [0.1, 5.0, 1e9 / 3, 0.0])
def test_no_variance_in_both_arms(value: float) -> None:
    result = compare([value] * 7, [value + 2] * 3)
    assert result.difference == near(-2)
    assert result.se == 0
    assert result.interval is None
    assert result.p_value is None
    assert Caution.NO_VARIANCE in result.warnings


def test_no_variance_in_one_arm_borrows_it_from_the_other() -> None:
    result = compare(T, [50] * 4)
    assert result.method is Method.SKEW_SAFE
    assert result.interval is not None
    assert result.welch_interval is not None
    assert result.df_welch == near(7)


def test_a_constant_pre_period_leaves_the_plain_estimate() -> None:
    result = compare(T, C, pre_treated=[0.1] * 8, pre_control=[0.1] * 8)
    plain = compare(T, C)
    assert result.theta is None
    assert Caution.PRE_PERIOD_CONSTANT in result.warnings
    assert dataclasses.replace(result, warnings=plain.warnings) == plain


def test_a_pre_period_that_does_not_help_is_used_and_said_so() -> None:
    result = compare([1, 2, 1, 2], [1, 2, 1, 2], pre_treated=[3, 3, 4, 4], pre_control=[3, 3, 4, 4])
    assert result.theta == near(0)
    assert result.variance_reduction == near(0)
    assert Caution.PRE_PERIOD_WEAK in result.warnings


@pytest.mark.parametrize(("slope", "is_weak"), [(0.03, True), (0.049, True), (0.051, False)])
def test_weak_means_a_correlation_below_five_hundredths(slope: float, is_weak: bool) -> None:
    x, noise = np.tile([1.0, -1.0, 1.0, -1.0], 25), np.tile([1.0, 1.0, -1.0, -1.0], 25)
    y = noise + slope * x  # correlation slope / sqrt(1 + slope^2)
    result = compare(y, y, pre_treated=x, pre_control=x)
    assert result.theta == near(slope)
    assert (Caution.PRE_PERIOD_WEAK in result.warnings) is is_weak


def test_pre_period_that_explains_everything() -> None:
    result = compare(T, C, pre_treated=T, pre_control=C)
    assert (result.theta, result.difference, result.se) == (1, near(0), 0)
    assert Caution.NO_VARIANCE in result.warnings


def test_pre_period_without_any_outcome() -> None:
    result = compare([0] * 8, [0] * 8, pre_treated=PRE_T, pre_control=PRE_C)
    assert (result.theta, result.difference, result.se) == (0, 0, 0)
    assert result.variance_reduction is None
    assert Caution.NO_VARIANCE in result.warnings


def test_few_buyers_are_counted_not_hidden() -> None:
    enough, few = [1] * 20 + [0] * 30, [1] * 19 + [0] * 31
    assert Caution.FEW_BUYERS not in compare(enough, enough).warnings
    assert Caution.FEW_BUYERS in compare(enough, few).warnings
    assert Caution.FEW_BUYERS in compare(few, enough).warnings


def test_buyers_may_be_given_where_a_message_alone_makes_the_value_non_zero() -> None:
    result = compare([-4.0] * 30, [0.0] * 25, buyers_treated=2, buyers_control=1)
    assert (result.buyers_treated, result.buyers_control) == (2, 1)


def test_integer_sums_of_a_database_are_exact_even_far_from_zero() -> None:
    far = 10**12
    treated, control = [far + v for v in T], [far + v for v in C]
    result = compare_sums(_raw_sums(treated, PRE_T), _raw_sums(control, PRE_C), adjusted=True)
    near_zero = compare(T, C, pre_treated=PRE_T, pre_control=PRE_C)
    assert result.difference == pytest.approx(near_zero.difference, rel=1e-4)
    assert result.se == pytest.approx(near_zero.se, rel=1e-12)
    assert result.theta == pytest.approx(near_zero.theta, rel=1e-12)
    assert result.kappa == near(near_zero.kappa or 0)


def test_sums_around_a_shift_and_as_decimals() -> None:
    shifted = [
        _raw_sums([v - 70 for v in y], [v - 90 for v in x], y_shift=70, x_shift=90)
        for y, x in ((T, PRE_T), (C, PRE_C))
    ]
    decimals = [
        ArmSums(**{k: Decimal(v) for k, v in dataclasses.asdict(s).items() if k != "n"} | {"n": 8})  # type: ignore[arg-type] # a mix of counts and sums
        for s in shifted
    ]
    plain = compare(T, C, pre_treated=PRE_T, pre_control=PRE_C)
    for treated, control in (shifted, decimals):
        result = compare_sums(treated, control, adjusted=True)
        assert result.interval == near(*(plain.interval or ()))
        assert result.p_value == near(plain.p_value or 0)


def test_sums_that_are_no_numbers() -> None:
    for bad in (Decimal("NaN"), float("inf"), 10**400, -(10**61)):
        result = compare_sums(ArmSums(n=5, y=bad), ArmSums.of(C))
        assert Caution.NOT_FINITE in result.warnings


def test_an_empty_sum_is_an_empty_arm() -> None:
    assert compare_sums(ArmSums(n=0), ArmSums.of(C)).warnings[0] is Caution.EMPTY_ARM


def test_wrong_calls_raise() -> None:
    with pytest.raises(ValueError, match="both arms or for none"):
        compare(T, C, pre_treated=PRE_T)
    with pytest.raises(ValueError, match="7 pre-period values for 8 customers"):
        compare(T, C, pre_treated=PRE_T[:7], pre_control=PRE_C)
    with pytest.raises(ValueError, match="alpha must lie between 0 and 1, not 0"):
        compare(T, C, alpha=0)
    with pytest.raises(ValueError, match="not 1"):
        compare(T, C, alpha=1)
    with pytest.raises(ValueError, match="9 buyers among 8 customers"):
        compare(T, C, buyers_treated=9)
    with pytest.raises(ValueError, match="impossible counts"):
        ArmSums(n=-1)
    with pytest.raises(ValueError, match="impossible counts"):
        ArmSums(n=1, buyers=-1)


def test_results_cannot_be_changed() -> None:
    result = compare(T, C)
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.difference = 1.0  # type: ignore[misc] # that is what is tested


def test_interval_contains_its_ends() -> None:
    interval = Interval(-1.0, 2.0)
    assert interval.contains(-1)
    assert interval.contains(2)
    assert not interval.contains(2.1)
    assert not interval.contains(-1.1)


def _raw_sums(y: list[int], x: list[int], *, y_shift: int = 0, x_shift: int = 0) -> ArmSums:
    """As a database sums integers, by whole numbers."""
    pairs = list(zip(y, x, strict=True))
    return ArmSums(
        n=len(y),
        y=sum(y),
        y2=sum(v**2 for v in y),
        y3=sum(v**3 for v in y),
        x=sum(x),
        x2=sum(v**2 for v in x),
        xy=sum(a * b for a, b in pairs),
        x3=sum(v**3 for v in x),
        x2y=sum(b * b * a for a, b in pairs),
        xy2=sum(b * a * a for a, b in pairs),
        buyers=sum(v + y_shift > 0 for v in y),
        y_shift=y_shift,
        x_shift=x_shift,
    )


def test_comparison_keeps_its_alpha() -> None:
    result: Comparison = compare(T, C, alpha=0.2)
    assert result.alpha == 0.2
    assert result.interval is not None
    assert result.interval.low > -63
