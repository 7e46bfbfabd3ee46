import math

import pytest

from analytics.stats import SrmLevel, srm_e_value, srm_sample_size, srm_test


@pytest.mark.parametrize(
    ("counts", "weights", "p", "level"),
    [
        ((44700, 45489), (1, 1), 0.00860799, SrmLevel.WARN),
        ((9080, 920), (0.9, 0.1), 0.00766076, SrmLevel.WARN),
        ((9100, 900), (0.9, 0.1), 0.000858121, SrmLevel.REFUSE),
        ((5150, 4850), (1, 1), 0.0026998, SrmLevel.WARN),
        ((5180, 4820), (1, 1), 0.000318217, SrmLevel.REFUSE),
        ((21387, 21307, 21306), (1, 1, 1), 0.903693, SrmLevel.OK),
    ],
)
def test_chi_square(
    counts: tuple[int, ...], weights: tuple[float, ...], p: float, level: SrmLevel
) -> None:
    result = srm_test(counts, weights)
    assert result.p_value == pytest.approx(p, abs=1e-8 if p < 0.01 else 1e-6)
    assert result.level is level
    assert result.df == len(counts) - 1
    assert result.observed == counts
    assert sum(result.expected) == pytest.approx(sum(counts))


def test_chi_square_by_hand() -> None:
    result = srm_test((60, 40), (3, 1))
    assert result.expected == (75, 25)
    assert result.chi2 == pytest.approx(225 / 75 + 225 / 25)


@pytest.mark.parametrize(
    ("counts", "weights", "e"),
    [
        ((9080, 920), (0.9, 0.1), 3.771381),
        ((9100, 900), (0.9, 0.1), 30.003035),
        ((5180, 4820), (0.5, 0.5), 60.812843),
    ],
)
def test_e_value(counts: tuple[int, ...], weights: tuple[float, ...], e: float) -> None:
    assert srm_e_value(counts, weights) == pytest.approx(e, abs=1e-6)


def test_e_value_of_nobody_is_no_evidence() -> None:
    assert srm_e_value((0, 0), (1, 1)) == pytest.approx(1)


def test_e_value_beyond_all_numbers() -> None:
    assert srm_e_value((100_000, 0), (1, 1)) == math.inf


def test_nobody_assigned_yet() -> None:
    result = srm_test((0, 0), (9, 1))
    assert (result.chi2, result.p_value, result.level) == (None, None, SrmLevel.OK)


@pytest.mark.parametrize(
    ("counts", "weights", "message"),
    [
        ((5,), (1,), "two arms"),
        ((5, 5), (1, 1, 1), "two arms"),
        ((5, 5), (1, 0), "positive"),
        ((5, -1), (1, 1), "not negative"),
    ],
)
def test_wrong_calls_raise(
    counts: tuple[int, ...], weights: tuple[float, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        srm_test(counts, weights)


@pytest.mark.parametrize(
    ("lost", "share", "thousands"), [(0.05, 0.5, 27), (0.05, 0.1, 76), (0.10, 0.1, 19)]
)
def test_what_the_test_can_see(lost: float, share: float, thousands: int) -> None:
    assert round(srm_sample_size(lost, share) / 1000) == thousands
