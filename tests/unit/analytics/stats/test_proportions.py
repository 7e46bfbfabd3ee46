import pytest

from analytics.stats import Caution, Method, compare_proportions, wilson_interval
from analytics.stats.proportions import ShareInterval


def near(*values: float) -> object:
    return pytest.approx(values if len(values) > 1 else values[0], rel=0, abs=1e-6)


@pytest.mark.parametrize(
    ("counts", "z", "p", "interval"),
    [
        ((56, 70, 48, 80), 2.650172, 0.008045, (0.052431, 0.333873)),
        ((135, 2700, 9, 300), 1.537350, 0.124208, (-0.007110, 0.036695)),
        ((20119, 45489, 20034, 44700), -1.784086, 0.074410, (-0.012392, 0.000582)),
    ],
)
def test_newcombe(
    counts: tuple[int, int, int, int], z: float, p: float, interval: tuple[float, float]
) -> None:
    result = compare_proportions(*counts)
    assert result.method is Method.NEWCOMBE
    assert result.z == near(z)
    assert result.p_value == near(p)
    assert result.interval == near(*interval)
    assert result.warnings == ()


def test_newcombe_published() -> None:
    result = compare_proportions(56, 70, 48, 80)
    assert result.difference == near(0.2)
    assert result.interval is not None
    assert [round(end, 4) for end in result.interval] == [0.0524, 0.3339]
    assert (result.share_treated, result.share_control) == (0.8, 0.6)
    assert (result.n_treated, result.n_control) == (70, 80)


def test_wald() -> None:
    result = compare_proportions(56, 70, 48, 80, interval="wald")
    assert result.method is Method.WALD
    assert result.interval == near(0.057505, 0.342495)


def test_wald_t() -> None:
    result = compare_proportions(16, 30, 14, 28, interval="wald_t")
    assert result.method is Method.WALD_T
    assert result.interval == near(-0.229610, 0.296276)


@pytest.mark.parametrize("counts", [(0, 0, 3, 9), (3, 9, 0, 0), (0, 0, 0, 0)])
def test_empty_arm(counts: tuple[int, int, int, int]) -> None:
    result = compare_proportions(*counts)
    assert result.difference is None
    assert result.interval is None
    assert result.p_value is None
    assert result.warnings == (Caution.EMPTY_ARM,)


def test_shares_of_an_arm_beside_an_empty_one() -> None:
    result = compare_proportions(3, 9, 0, 0)
    assert result.share_treated == pytest.approx(1 / 3)
    assert result.share_control is None


def test_nobody_bought_still_bounds_the_difference() -> None:
    result = compare_proportions(0, 2700, 0, 300)
    assert (result.z, result.p_value) == (None, None)
    assert result.interval is not None
    assert result.interval.low < 0 < result.interval.high
    assert result.warnings == (Caution.NO_VARIANCE,)


@pytest.mark.parametrize(
    ("counts", "warnings"),
    [
        ((0, 10, 0, 10), (Caution.NO_VARIANCE,)),
        ((10, 10, 0, 10), (Caution.NO_VARIANCE,)),
        ((1, 1, 4, 10), (Caution.ARM_OF_ONE,)),
    ],
)
def test_wald_t_without_spread(
    counts: tuple[int, int, int, int], warnings: tuple[Caution, ...]
) -> None:
    result = compare_proportions(*counts, interval="wald_t")
    assert result.interval is None
    assert result.warnings == warnings


@pytest.mark.parametrize("counts", [(-1, 5, 0, 5), (6, 5, 0, 5), (0, 5, 6, 5)])
@pytest.mark.parametrize("interval", ["newcombe", "wald", "wald_t"])
def test_impossible_counts_raise(
    counts: tuple[int, int, int, int], interval: ShareInterval
) -> None:
    with pytest.raises(ValueError, match="successes among 5 customers"):
        compare_proportions(*counts, interval=interval)


def test_wilson_stays_inside_zero_and_one() -> None:
    assert wilson_interval(0, 10).low == 0
    assert wilson_interval(10, 10).high == pytest.approx(1)
    assert wilson_interval(10, 10).high <= 1
    assert wilson_interval(0, 10) == near(0, 0.277533)
