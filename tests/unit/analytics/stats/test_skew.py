import numpy as np
import pytest
from scipy import special

from analytics.stats.skew import (
    clip_kappa,
    corrected_quantile,
    skew_safe_interval,
    skew_safe_p,
)


def test_quantile_without_skew_is_the_normal_one() -> None:
    assert corrected_quantile(1.96, 0.0) == 1.96


def test_quantile_with_skew() -> None:
    assert corrected_quantile(2.0, 0.6) == pytest.approx(2.3)
    assert corrected_quantile(2.0, -0.6) == pytest.approx(1.7)


@pytest.mark.parametrize("kappa", [-1.0, -0.7, -0.1, 0.0, 0.4, 1.0])
def test_quantile_rises_everywhere(kappa: float) -> None:
    z = np.linspace(0, 45, 4001)
    assert np.all(np.diff([corrected_quantile(float(v), kappa) for v in z]) > 0)


def test_quantile_continues_straight_behind_its_turning_point() -> None:
    turn = corrected_quantile(3.0, -1.0)
    assert turn == pytest.approx(3 - 8 / 6)
    assert corrected_quantile(3.5, -1.0) == pytest.approx(turn + 0.5)


@pytest.mark.parametrize("kappa", [-1.0, -0.5, 0.0, 0.3, 1.0])
@pytest.mark.parametrize("alpha", [1e-9, 0.0005, 0.01, 0.05, 0.5, 0.99])
def test_p_value_inverts_the_interval(kappa: float, alpha: float) -> None:
    interval = skew_safe_interval(0.0, 1.0, kappa, alpha)
    # a difference put exactly at a bound's distance touches zero at this alpha
    assert skew_safe_p(-interval.low, 1.0, kappa) == pytest.approx(alpha, rel=1e-6)
    assert skew_safe_p(-interval.high, 1.0, kappa) == pytest.approx(alpha, rel=1e-6)


def test_p_value_at_the_centre_is_one() -> None:
    for kappa in (-0.9, 0.0, 0.9):
        assert skew_safe_p(-kappa / 6, 1.0, kappa) == pytest.approx(1.0)


def test_past_the_turning_point_p_stays_below_its_bound() -> None:
    bound = 2 * special.ndtr(-3.0)
    assert skew_safe_p(1.7, 1.0, -1.0) < bound
    assert 0 < skew_safe_p(20.0, 1.0, -1.0) < skew_safe_p(1.7, 1.0, -1.0)


def test_kappa_is_clipped_on_both_sides() -> None:
    assert [clip_kappa(k) for k in (-7, -1, 0.3, 1, 9)] == [-1, -1, 0.3, 1, 1]
