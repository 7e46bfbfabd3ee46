import numpy as np
import pytest

from analytics.stats import (
    Caution,
    Exposure,
    Method,
    compare,
    effect_on_reached,
    fieller_interval,
)

RNG = np.random.default_rng(7)
T, C = RNG.normal(120, 30, 400), RNG.normal(100, 30, 100)
RESULT = compare(T, C)


def test_clear_contrast_scales_the_interval() -> None:
    reached = effect_on_reached(RESULT, Exposure(exposed=200), Exposure(exposed=10))
    assert RESULT.difference is not None
    assert RESULT.interval is not None
    assert reached.method is Method.SCALED
    assert (reached.exposed_treated, reached.exposed_control) == (0.5, 0.1)
    assert reached.effect == pytest.approx(RESULT.difference / 0.4)
    assert reached.interval == pytest.approx([end / 0.4 for end in RESULT.interval])
    assert reached.warnings == RESULT.warnings


def test_weak_contrast_takes_fieller() -> None:
    reached = effect_on_reached(RESULT, Exposure(exposed=60), Exposure(exposed=0))
    expected = fieller_interval(
        RESULT.difference or 0,
        0.15,
        var_a=(RESULT.se or 0) ** 2,
        var_b=0.15 * 0.85 / 399,
        cov=0,
    )
    assert reached.method is Method.FIELLER
    assert reached.interval == pytest.approx(expected)
    assert reached.effect == pytest.approx((RESULT.difference or 0) / 0.15)


def test_covariance_from_the_mean_of_the_exposed() -> None:
    exposed = np.arange(400) < 60
    mean_exposed = float(T[exposed].mean())
    reached = effect_on_reached(
        RESULT,
        Exposure(exposed=60, mean_exposed=mean_exposed),
        Exposure(exposed=0, mean_exposed=None),
    )
    expected = fieller_interval(
        RESULT.difference or 0,
        0.15,
        var_a=(RESULT.se or 0) ** 2,
        var_b=0.15 * 0.85 / 399,
        cov=float(np.cov(T, exposed)[0, 1]) / 400,
    )
    assert reached.interval == pytest.approx(expected)


def test_contrast_that_may_be_zero_has_an_effect_and_no_interval() -> None:
    reached = effect_on_reached(RESULT, Exposure(exposed=3), Exposure(exposed=0))
    assert reached.effect is not None
    assert reached.interval is None
    assert Caution.NO_CONTRAST in reached.warnings


@pytest.mark.parametrize(("treated", "control"), [(0, 0), (40, 10), (40, 50)])
def test_no_contrast_has_no_effect(treated: int, control: int) -> None:
    reached = effect_on_reached(RESULT, Exposure(exposed=treated), Exposure(exposed=control))
    assert (reached.effect, reached.interval) == (None, None)
    assert reached.warnings == (Caution.NO_CONTRAST,)


def test_a_comparison_without_an_interval_stays_without() -> None:
    nothing = compare([5.0], C)
    reached = effect_on_reached(nothing, Exposure(exposed=1), Exposure(exposed=0))
    assert reached.effect is None
    assert reached.warnings == nothing.warnings
    empty = effect_on_reached(compare([], []), Exposure(exposed=0), Exposure(exposed=0))
    assert (empty.exposed_treated, empty.exposed_control) == (0, 0)


@pytest.mark.parametrize(("treated", "control"), [(401, 0), (-1, 0), (5, 101)])
def test_impossible_counts_raise(treated: int, control: int) -> None:
    with pytest.raises(ValueError, match="exposed among"):
        effect_on_reached(RESULT, Exposure(exposed=treated), Exposure(exposed=control))
