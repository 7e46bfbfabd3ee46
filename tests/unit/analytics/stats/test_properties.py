"""What must hold for any arms, whatever the numbers."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analytics.stats import (
    ArmSums,
    Comparison,
    Interval,
    Method,
    assignment_hash,
    benjamini_hochberg,
    compare,
    compare_proportions,
    compare_strata,
    compare_sums,
    holm,
    srm_test,
    stratified_control,
    total_profit,
)
from analytics.stats.skew import skew_safe_interval, skew_safe_p

# kopecks: mostly nothing, sometimes a lot
Money = st.one_of(st.just(0), st.integers(-50_000, 3_000_000))
Arm = st.lists(Money, min_size=2, max_size=40)
Rows = st.lists(st.tuples(Money, Money), min_size=2, max_size=30)
Alpha = st.floats(0.001, 0.5)


def with_interval(treated: list[int], control: list[int], **options: object) -> Comparison:
    result = compare(treated, control, **options)  # type: ignore[arg-type] # options of compare
    assume(result.interval is not None)
    return result


def ends(interval: Interval | None) -> Interval:
    assert interval is not None
    return interval


def close(value: float, scale: float, rel: float = 1e-9) -> object:
    return pytest.approx(value, rel=rel, abs=rel * max(scale, 1e-30))


@given(Arm, Arm)
def test_swapping_arms_negates_and_mirrors(treated: list[int], control: list[int]) -> None:
    forth, back = with_interval(treated, control), compare(control, treated)
    scale = max(map(abs, ends(forth.interval)))
    assert back.difference == close(-(forth.difference or 0), scale)
    welch, mirrored = ends(forth.welch_interval), ends(back.welch_interval)
    assert (mirrored.low, mirrored.high) == close_pair((-welch.high, -welch.low), scale)
    assert back.method is forth.method
    if len(treated) == len(control):  # else one direction follows the rule for pilots
        safe, mirrored = ends(forth.skew_safe_interval), ends(back.skew_safe_interval)
        assert (mirrored.low, mirrored.high) == close_pair((-safe.high, -safe.low), scale)


def close_pair(values: tuple[float, float], scale: float, rel: float = 1e-9) -> object:
    return pytest.approx(values, rel=rel, abs=rel * max(scale, 1e-30))


@given(Arm, Arm, st.integers(-(10**7), 10**7))
def test_a_constant_added_to_both_arms_changes_no_error(
    treated: list[int], control: list[int], constant: int
) -> None:
    plain = with_interval(treated, control)
    moved = compare([v + constant for v in treated], [v + constant for v in control])
    scale = float(plain.se_welch or 0)
    assert moved.difference == pytest.approx(plain.difference, abs=1e-6 * scale + 1e-6)
    assert moved.se_welch == pytest.approx(plain.se_welch, rel=1e-9)
    assert moved.kappa == pytest.approx(plain.kappa, abs=1e-7)


@given(Arm, Arm, st.floats(0.001, 1000))
def test_scaling_scales(treated: list[int], control: list[int], factor: float) -> None:
    plain = with_interval(treated, control)
    assume(abs(abs(plain.kappa or 0) - 0.10) > 1e-9)
    scaled = compare([v * factor for v in treated], [v * factor for v in control])
    scale = max(map(abs, ends(plain.interval)))
    assert scaled.method is plain.method
    assert scaled.kappa == pytest.approx(plain.kappa, abs=1e-9)
    assert scaled.p_value == pytest.approx(plain.p_value, abs=1e-9)
    assert ends(scaled.interval) == close_pair(
        (ends(plain.interval).low * factor, ends(plain.interval).high * factor), scale * factor
    )


@given(Arm, Arm)
def test_more_of_the_same_shrinks_the_error_by_the_root_of_two(
    treated: list[int], control: list[int]
) -> None:
    once = with_interval(treated, control)
    twice = compare(treated * 2, control * 2)
    assert twice.difference == close(once.difference or 0, max(map(abs, ends(once.interval))))
    smallest = min(len(treated), len(control))
    ratio = (twice.se_welch or 0) / (once.se_welch or 1)
    # (n-1)/(2n-1) instead of 1/2 in the variance: lower by at most half of 1/n
    assert math.sqrt(0.5) * (1 - 1 / smallest) - 1e-9 <= ratio <= math.sqrt(0.5) + 1e-9


@given(Arm, Arm, Alpha, Alpha)
def test_intervals_are_nested_in_alpha(
    treated: list[int], control: list[int], one: float, other: float
) -> None:
    narrow = with_interval(treated, control, alpha=max(one, other))
    wide = compare(treated, control, alpha=min(one, other))
    slack = 1e-9 * max(map(abs, ends(wide.interval)))
    for of_wide, of_narrow in (
        (wide.interval, narrow.interval),
        (wide.welch_interval, narrow.welch_interval),
        (wide.skew_safe_interval, narrow.skew_safe_interval),
    ):
        assert ends(of_wide).low <= ends(of_narrow).low + slack
        assert ends(of_wide).high >= ends(of_narrow).high - slack


@given(Arm, Arm, Alpha)
def test_p_below_alpha_is_zero_outside(
    treated: list[int], control: list[int], alpha: float
) -> None:
    result = with_interval(treated, control, alpha=alpha)
    for p, interval in (
        (result.p_value, result.interval),
        (result.p_welch, result.welch_interval),
        (result.p_skew_safe, result.skew_safe_interval),
    ):
        assert p is not None
        assume(abs(p - alpha) > 1e-7)
        assert (p < alpha) == (not ends(interval).contains(0))


@given(
    st.floats(-50, 50),
    st.floats(0.01, 100),
    st.floats(-1, 1),
    st.floats(1e-12, 1, exclude_max=True),
)
def test_p_below_alpha_is_zero_outside_for_any_skew(
    difference: float, se: float, kappa: float, alpha: float
) -> None:
    p = skew_safe_p(difference, se, kappa)
    assert 0 <= p <= 1
    assume(abs(p - alpha) > 1e-6 * alpha)
    interval = skew_safe_interval(difference, se, kappa, alpha)
    distance = min(map(abs, interval))
    assume(distance > 1e-9 * se)
    assert (p < alpha) == (not interval.contains(0))


@given(Rows, Rows)
def test_a_constant_pre_period_is_no_adjustment(
    treated: list[tuple[int, int]], control: list[tuple[int, int]]
) -> None:
    y_t, y_c = [y for y, _ in treated], [y for y, _ in control]
    plain = with_interval(y_t, y_c)
    adjusted = compare(y_t, y_c, pre_treated=[7] * len(y_t), pre_control=[7] * len(y_c))
    assert adjusted.interval == plain.interval
    assert adjusted.p_value == plain.p_value
    assert adjusted.theta is None


@given(Arm, Arm)
def test_a_pre_period_equal_to_the_outcome_explains_all(
    treated: list[int], control: list[int]
) -> None:
    with_interval(treated, control)
    result = compare(treated, control, pre_treated=treated, pre_control=control)
    assert result.theta == pytest.approx(1)
    assert result.difference == pytest.approx(0, abs=1e-6)
    assert result.se == 0
    assert result.variance_reduction == pytest.approx(1)


@given(Rows, Rows, st.booleans())
def test_sums_of_a_database_give_the_same_as_arrays(
    treated: list[tuple[int, int]], control: list[tuple[int, int]], adjusted: bool
) -> None:
    arrays = with_interval(
        [y for y, _ in treated],
        [y for y, _ in control],
        pre_treated=[x for _, x in treated] if adjusted else None,
        pre_control=[x for _, x in control] if adjusted else None,
    )
    sums = compare_sums(integer_sums(treated), integer_sums(control), adjusted=adjusted)
    assume((arrays.se_welch or 0) > 1e-3)  # else rounding of a fully explained outcome
    scale = max(map(abs, ends(arrays.interval)))
    assert sums.method is arrays.method
    assert ends(sums.interval) == close_pair(ends(arrays.interval), scale)
    assert ends(sums.welch_interval) == close_pair(ends(arrays.welch_interval), scale)
    assert sums.p_value == pytest.approx(arrays.p_value, rel=1e-7, abs=1e-12)
    assert sums.kappa == pytest.approx(arrays.kappa, abs=1e-8)
    assert (sums.buyers_treated, sums.n_control) == (arrays.buyers_treated, arrays.n_control)


def integer_sums(rows: list[tuple[int, int]]) -> ArmSums:
    return ArmSums(
        n=len(rows),
        y=sum(y for y, _ in rows),
        y2=sum(y**2 for y, _ in rows),
        y3=sum(y**3 for y, _ in rows),
        x=sum(x for _, x in rows),
        x2=sum(x**2 for _, x in rows),
        xy=sum(x * y for y, x in rows),
        x3=sum(x**3 for _, x in rows),
        x2y=sum(x * x * y for y, x in rows),
        xy2=sum(x * y * y for y, x in rows),
        buyers=sum(y != 0 for y, _ in rows),
    )


@given(Rows, Rows, st.randoms(use_true_random=False))
def test_the_order_of_customers_changes_nothing(
    treated: list[tuple[int, int]], control: list[tuple[int, int]], random: object
) -> None:
    def run(t: list[tuple[int, int]], c: list[tuple[int, int]]) -> Comparison:
        return compare(
            [y for y, _ in t],
            [y for y, _ in c],
            pre_treated=[x for _, x in t],
            pre_control=[x for _, x in c],
        )

    first = run(treated, control)
    assume(first.interval is not None and (first.se_welch or 0) > 1e-3)
    shuffled_t, shuffled_c = list(treated), list(control)
    random.shuffle(shuffled_t)  # type: ignore[attr-defined] # a random.Random
    random.shuffle(shuffled_c)  # type: ignore[attr-defined] # a random.Random
    again = run(shuffled_t, shuffled_c)
    scale = max(map(abs, ends(first.interval)))
    assert ends(again.interval) == close_pair(ends(first.interval), scale)
    assert again.p_value == pytest.approx(first.p_value, abs=1e-9)


@given(Arm, Arm)
def test_equal_strata_are_one_stratum_but_for_the_error_of_their_means(
    treated: list[int], control: list[int]
) -> None:
    single = with_interval(treated, control)
    pair = (ArmSums.of(treated), ArmSums.of(control))
    twice = compare_strata([pair, pair])
    assert twice.difference == close(single.difference or 0, max(map(abs, ends(single.interval))))
    assert twice.se_welch == pytest.approx((single.se_welch or 0) / math.sqrt(2), rel=1e-9)
    assert twice.kappa == pytest.approx(unclipped_over_root_two(pair), abs=1e-9)


def unclipped_over_root_two(pair: tuple[ArmSums, ArmSums]) -> float:
    from analytics.stats.skew import clip_kappa, pooled_error
    from analytics.stats.sums import central_moments

    one = pooled_error([(central_moments(pair[0]), central_moments(pair[1]))])
    return clip_kappa(one.kappa / math.sqrt(2))


@given(
    st.lists(st.one_of(st.integers(-5, 5), st.floats(allow_nan=True, allow_infinity=True))),
    st.lists(st.one_of(st.integers(-5, 5), st.floats(allow_nan=True, allow_infinity=True))),
    st.booleans(),
)
@settings(max_examples=300)
def test_no_data_raise(treated: list[float], control: list[float], adjusted: bool) -> None:
    result = compare(
        treated,
        control,
        pre_treated=treated[::-1] if adjusted else None,
        pre_control=control[::-1] if adjusted else None,
    )
    if result.interval is None:
        assert result.warnings
        assert (result.p_value, result.method) == (None, None)
    else:
        assert math.isfinite(result.interval.low)
        assert result.interval.low <= result.interval.high
        assert 0 <= (result.p_value or 0) <= 1
        assert result.method in {Method.WELCH, Method.SKEW_SAFE}


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=6), st.data())
def test_expected_sizes_of_arms_sum_to_all(counts: list[int], data: st.DataObject) -> None:
    size = len(counts)
    weights = data.draw(st.lists(st.floats(0.01, 10), min_size=size, max_size=size))
    result = srm_test(counts, weights)
    assert sum(result.expected) == pytest.approx(sum(counts))
    assert result.p_value is None or 0 <= result.p_value <= 1


@given(st.integers(0, 60), st.integers(1, 60), st.integers(0, 60), st.integers(1, 60))
def test_shares_swapped_mirror_and_stay_in_range(a: int, n_a: int, b: int, n_b: int) -> None:
    assume(a <= n_a and b <= n_b)
    forth = compare_proportions(a, n_a, b, n_b)
    back = compare_proportions(b, n_b, a, n_a)
    interval = ends(forth.interval)
    assert ends(back.interval) == pytest.approx((-interval.high, -interval.low), abs=1e-12)
    assert -1 <= interval.low <= (forth.difference or 0) <= interval.high <= 1


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_adjusted_p_values_keep_the_order_and_holm_is_the_stricter(raw: list[float]) -> None:
    strict, lenient = holm(raw), benjamini_hochberg(raw)
    for p, by_holm, by_bh in zip(raw, strict, lenient, strict=True):
        assert p - 1e-12 <= by_bh <= by_holm + 1e-12 <= 1 + 1e-9
    order = np.argsort(raw, kind="stable")
    assert np.all(np.diff(np.array(strict)[order]) >= 0)
    assert np.all(np.diff(np.array(lenient)[order]) >= -1e-15)


@given(st.lists(st.sampled_from("abcd"), max_size=200), st.floats(0, 1), st.integers(0, 2**32))
def test_control_of_a_draw_has_its_size_in_all_and_in_every_stratum(
    strata: list[str], share: float, seed: int
) -> None:
    hashes = np.random.default_rng(seed).integers(0, 2**64, size=len(strata), dtype=np.uint64)
    mask = stratified_control(hashes, strata, share)
    assert abs(int(mask.sum()) - share * len(strata)) <= 0.5 + 1e-6
    labels = np.array(strata, dtype="<U1")
    for stratum in set(strata):
        inside = labels == stratum
        assert abs(int(mask[inside].sum()) - share * int(inside.sum())) < 1 + 1e-6


@given(st.uuids(), st.text(max_size=8), st.text(max_size=8))
def test_another_salt_moves_people(person: object, one: str, other: str) -> None:
    assume(one != other and "|" not in one + other)
    hashed = assignment_hash(one, "global", 1, str(person))
    assert 0 <= hashed < 2**64
    assert hashed != assignment_hash(other, "global", 1, str(person))


@given(Arm, Arm, st.integers(0, 10**9))
def test_the_total_is_the_effect_on_the_treated_minus_fixed_cost(
    treated: list[int], control: list[int], fixed: int
) -> None:
    result = with_interval(treated, control)
    total = total_profit(result, fixed_cost=fixed)
    assert total is not None
    assert total.point == len(treated) * (result.difference or 0) - fixed
    assert total.interval.high - total.interval.low == pytest.approx(
        len(treated) * (ends(result.interval).high - ends(result.interval).low),
        abs=1e-6 * (1 + fixed),
    )
