import pytest

from analytics.stats import compare, winsorise

T = [120, 0, 340, 90, 0, 210, 560, 80]
C = [100, 0, 150, 0, 60, 0, 230, 40]


def test_pooled_cap() -> None:
    capped = winsorise(T, C, quantile=0.9)
    result = compare(capped.treated, capped.control)
    assert capped.cap == 285
    assert (capped.capped_treated, capped.capped_control) == (2, 0)
    assert result.difference == pytest.approx(61.25, abs=1e-6)
    assert result.se_welch == pytest.approx(50.158232, abs=1e-6)
    assert result.welch_interval == pytest.approx((-47.311829, 169.811829), abs=1e-6)
    assert result.p_welch == pytest.approx(0.244107, abs=1e-6)


def test_whole_quantile_caps_nobody() -> None:
    capped = winsorise(T, C, quantile=1)
    assert capped.treated.tolist() == T
    assert capped.control.tolist() == C
    assert (capped.capped_treated, capped.capped_control) == (0, 0)


def test_input_is_not_changed() -> None:
    winsorise(T, C, quantile=0.5)
    assert T == [120, 0, 340, 90, 0, 210, 560, 80]


def test_wrong_calls_raise() -> None:
    with pytest.raises(ValueError, match=r"quantile must lie in \(0, 1\], not 0"):
        winsorise(T, C, quantile=0)
    with pytest.raises(ValueError, match="no values"):
        winsorise([], [], quantile=0.9)
