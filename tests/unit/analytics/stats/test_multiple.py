import pytest

from analytics.stats import benjamini_hochberg, holm


def test_holm() -> None:
    assert holm([0.004, 0.03, 0.02, 0.6]) == pytest.approx((0.016, 0.06, 0.06, 0.6))


def test_benjamini_hochberg() -> None:
    assert benjamini_hochberg([0.004, 0.03, 0.02, 0.6]) == pytest.approx((0.016, 0.04, 0.04, 0.6))


def test_never_above_one_and_never_below_the_raw_value() -> None:
    raw = [0.9, 0.8, 0.7]
    assert holm(raw) == (1, 1, 1)
    assert benjamini_hochberg(raw) == pytest.approx((0.9, 0.9, 0.9))


def test_nothing_to_adjust() -> None:
    assert holm([]) == ()
    assert benjamini_hochberg([]) == ()


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_not_a_p_value(p: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        holm([0.5, p])
