import math

import pytest
from scipy import special

from analytics.stats import (
    Caution,
    Method,
    RatioSums,
    compare,
    compare_ratios,
    fieller_interval,
)

R_T, O_T = [120, 90, 0, 340, 210, 80, 560, 0], [1, 1, 0, 3, 2, 1, 4, 0]
R_C, O_C = [100, 150, 60, 0, 230, 40, 0, 90], [1, 2, 1, 0, 2, 1, 0, 1]


def near(*values: float) -> object:
    return pytest.approx(values if len(values) > 1 else values[0], rel=0, abs=1e-6)


def test_order_value_by_the_delta_method() -> None:
    result = compare_ratios(RatioSums.of(R_T, O_T), RatioSums.of(R_C, O_C))
    assert result.method is Method.DELTA_Z
    assert result.ratio_treated == near(116.666667)
    assert result.ratio_control == near(83.75)
    assert result.difference == near(32.916667)
    assert result.se == near(14.681313)
    assert result.interval == near(4.141822, 61.691512)
    assert result.p_value == near(2 * special.ndtr(-32.916666666 / 14.681312958))
    assert result.warnings == ()


def test_accounts() -> None:
    treated, control = RatioSums.of([22, 0, 55], [2, 1, 2]), RatioSums.of([5, 8, 4], [1, 2, 1])
    result = compare_ratios(treated, control)
    assert result.difference == near(11.15)
    assert result.se == near(7.355028)
    assert result.interval == near(-3.265589, 25.565589)


def test_few_accounts_take_t_and_warn() -> None:
    treated, control = RatioSums.of([22, 0, 55], [2, 1, 2]), RatioSums.of([5, 8, 4], [1, 2, 1])
    result = compare_ratios(treated, control, clustered=True)
    half = float(special.stdtrit(4, 0.975)) * 7.3550276
    assert result.method is Method.DELTA_T
    assert result.interval == near(11.15 - half, 11.15 + half)
    assert result.warnings == (Caution.FEW_CLUSTERS,)
    assert (result.n_treated, result.n_control) == (3, 3)


def test_forty_accounts_are_enough() -> None:
    many = RatioSums.of([5, 9] * 20, [1, 2] * 20)
    result = compare_ratios(many, many, clustered=True)
    assert result.method is Method.DELTA_Z
    assert result.warnings == ()


def test_integer_sums_are_exact() -> None:
    sums = [
        RatioSums(
            n=8,
            r=sum(r),
            o=sum(o),
            r2=sum(v * v for v in r),
            o2=sum(v * v for v in o),
            ro=sum(a * b for a, b in zip(r, o, strict=True)),
        )
        for r, o in ((R_T, O_T), (R_C, O_C))
    ]
    assert compare_ratios(*sums) == compare_ratios(RatioSums.of(R_T, O_T), RatioSums.of(R_C, O_C))


@pytest.mark.parametrize(
    ("treated", "caution"),
    [
        (RatioSums(n=0), Caution.EMPTY_ARM),
        (RatioSums.of([0, 0], [0, 0]), Caution.NO_CONTRAST),
        (RatioSums.of([5], [1]), Caution.ARM_OF_ONE),
        (RatioSums.of([5, math.nan], [1, 1]), Caution.NOT_FINITE),
        (RatioSums.of([5, 1e200], [1, 1]), Caution.NOT_FINITE),
    ],
)
def test_degenerate_arm(treated: RatioSums, caution: Caution) -> None:
    control = RatioSums.of(R_C, O_C)
    for arms in ((treated, control), (control, treated)):
        result = compare_ratios(*arms)
        assert result.difference is None
        assert result.interval is None
        assert result.ratio_treated is None
        assert result.warnings == (caution,)


def test_equal_orders_have_no_error() -> None:
    treated, control = RatioSums.of([10, 20], [1, 2]), RatioSums.of([5, 5], [1, 1])
    result = compare_ratios(treated, control)
    assert (result.difference, result.se, result.interval) == (5, 0, None)
    assert result.warnings == (Caution.NO_VARIANCE,)


def test_unequal_lengths_raise() -> None:
    with pytest.raises(ValueError, match="2 numerators for 1 denominators"):
        RatioSums.of([1, 2], [1])


def test_fieller() -> None:
    interval = fieller_interval(300, 100, var_a=3600, var_b=25, cov=30)
    assert interval == near(1.828297, 4.206611)


def test_fieller_of_a_known_denominator_is_plain_division() -> None:
    interval = fieller_interval(10, 4, var_a=1, var_b=0, cov=0)
    z = special.ndtri(0.975)
    assert interval == near((10 - z) / 4, (10 + z) / 4)


def test_fieller_turns_with_the_sign_of_the_denominator() -> None:
    up = fieller_interval(300, 100, var_a=3600, var_b=25, cov=30)
    down = fieller_interval(300, -100, var_a=3600, var_b=25, cov=-30)
    assert up is not None
    assert down == near(-up.high, -up.low)


@pytest.mark.parametrize("b", [0.0, 1e-9, 9.79])
def test_fieller_refuses_a_denominator_that_may_be_zero(b: float) -> None:
    assert fieller_interval(300, b, var_a=3600, var_b=25, cov=30) is None


def test_return_on_a_campaign_whose_cost_varies() -> None:
    margin_t, margin_c = [120, 0, 340, 90, 0, 210, 560, 80], [100, 0, 150, 0, 60, 0, 230, 40]
    cost_t, cost_c = [4, 4, 38, 13, 4, 25, 60, 12], [0, 0, 5, 0, 0, 0, 10, 0]
    profit_t = [m - c for m, c in zip(margin_t, cost_t, strict=True)]
    profit_c = [m - c for m, c in zip(margin_c, cost_c, strict=True)]
    margin, cost, profit = (
        compare(t, c) for t, c in ((margin_t, margin_c), (cost_t, cost_c), (profit_t, profit_c))
    )
    var_a, var_b = (margin.se_welch or 0) ** 2, (cost.se_welch or 0) ** 2
    cov = (var_a + var_b - (profit.se_welch or 0) ** 2) / 2
    b = (cost.difference or 0) + 200 / 8
    ratio = (margin.difference or 0) / b
    interval = fieller_interval(margin.difference or 0, b, var_a=var_a, var_b=var_b, cov=cov)
    assert ratio - 1 == near(1.376812)
    assert interval is not None
    assert (interval.low - 1, interval.high - 1) == near(-2.429314, 3.414370)
