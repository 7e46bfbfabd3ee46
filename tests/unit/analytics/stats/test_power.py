import math

import pytest

from analytics.stats import (
    PLANNED_MODE_FACTOR,
    HistoryWindow,
    Lever,
    control_needed,
    design_effect,
    half_width,
    mde,
    sample_size,
    sample_size_shares,
    weeks_for_fixed_base,
    weeks_to_enrol,
)

# a shop of 10,000 customers: spread does not fall with the window, as on real bases
HISTORY = [
    HistoryWindow(weeks=4, mean=100, sigma=450, rho=0.65, mean_apart=70, sigma_apart=140),
    HistoryWindow(weeks=1, mean=25, sigma=200, rho=0.55, mean_apart=20, sigma_apart=100),
    HistoryWindow(weeks=13, mean=300, sigma=1560, rho=0.9, mean_apart=210, sigma_apart=400),
]


def near(value: float) -> object:
    return pytest.approx(value, rel=0, abs=1e-6)


def test_smallest_visible_effect() -> None:
    assert mde(1000, 2700, 300) == near(170.499047)
    assert mde(1000, 2700, 300, rho=0.7) == near(121.760674)


def test_expected_half_width() -> None:
    assert half_width(1000, 2700, 300) == near(119.279610)


def test_customers_needed() -> None:
    assert sample_size(1000, 50, 0.1) == near(34883.909930)
    assert sample_size(1000, 50, 0.5) == near(12558.207575)
    assert sample_size_shares(0.10, 0.11) == near(14748.045021)


def test_size_and_effect_invert_each_other() -> None:
    n = sample_size(1000, 50, 0.1, rho=0.4, inflation=1.6)
    assert mde(1000, round(n * 0.9), round(n * 0.1), rho=0.4, inflation=1.6) == pytest.approx(
        50, rel=1e-4
    )


def test_clusters_inflate_the_variance() -> None:
    assert design_effect(3, 0.3) == pytest.approx(1.6)
    assert design_effect(1, 0.3) == 1
    assert mde(1000, 2700, 300, inflation=1.6) == pytest.approx(170.499047 * math.sqrt(1.6))


def test_reading_while_running_costs_customers() -> None:
    assert PLANNED_MODE_FACTOR == 1.068


@pytest.mark.parametrize("arms", [(0, 300), (300, 0), (0, 0)])
def test_an_empty_arm_sees_nothing(arms: tuple[int, int]) -> None:
    assert mde(1000, *arms) == math.inf
    assert half_width(1000, *arms) == math.inf


def test_control_that_would_settle_it() -> None:
    needed = control_needed(1000, 170.499047, 3000)
    assert needed == 300
    assert mde(1000, 3000 - needed, needed) <= 170.499048
    assert mde(1000, 3000 - needed + 1, needed - 1) > 170.499047


def test_no_control_is_large_enough() -> None:
    assert control_needed(1000, 50, 3000) is None
    assert control_needed(1000, 50, 0) is None
    assert control_needed(1000, 50, 3000, rho=0.9) is not None


@pytest.mark.parametrize(
    ("needed", "complete", "per_week", "weeks"),
    [(1000, 400, 100, 10), (1000, 400, 110, 10), (1000, 1000, 0, 0), (1000, 400, 0, None)],
)
def test_weeks_of_a_chain(needed: int, complete: int, per_week: float, weeks: int | None) -> None:
    assert weeks_to_enrol(needed, complete, per_week, 4) == weeks


def test_first_window_that_suffices() -> None:
    # shares of the mean: 0.747, 0.420, 0.486 plain
    waiting = weeks_for_fixed_base(
        HISTORY, n_treated=9000, n_control=1000, smallest_share=0.45, adjusted=False
    )
    assert waiting.weeks == 4
    assert waiting.mde_share == near(mde(450, 9000, 1000) / 100)
    assert waiting.control_needed is None
    assert waiting.levers == ()


def test_weeks_are_counted_from_now() -> None:
    waiting = weeks_for_fixed_base(
        HISTORY,
        n_treated=9000,
        n_control=1000,
        smallest_share=0.5,
        adjusted=True,
        elapsed_weeks=4,
    )
    assert waiting.weeks == 9
    assert waiting.mde_share == near(mde(1560, 9000, 1000, rho=0.9) / 300)


def test_waiting_will_not_help_and_what_would() -> None:
    waiting = weeks_for_fixed_base(
        HISTORY, n_treated=9000, n_control=1000, smallest_share=0.3, adjusted=False
    )
    now = mde(450, 9000, 1000) / 100
    assert waiting.weeks is None
    assert waiting.mde_share == near(now)
    assert waiting.control_needed == 2291
    assert mde(450, 7709, 2291) <= 30 < mde(450, 7710, 2290)
    by_lever = {effect.lever: effect for effect in waiting.levers}
    assert list(by_lever) == [
        Lever.PRE_PERIOD,
        Lever.LARGER_CONTROL,
        Lever.TOP_APART,
        Lever.POOL_CAMPAIGNS,
    ]
    assert by_lever[Lever.PRE_PERIOD].mde_share == near(mde(450, 9000, 1000, rho=0.65) / 100)
    assert by_lever[Lever.LARGER_CONTROL].mde_share == near(mde(450, 5000, 5000) / 100)
    assert by_lever[Lever.LARGER_CONTROL].amount == 5000
    assert by_lever[Lever.TOP_APART].mde_share == near(mde(140, 9000, 1000) / 70)
    assert by_lever[Lever.POOL_CAMPAIGNS].amount == 2
    assert by_lever[Lever.POOL_CAMPAIGNS].mde_share == near(now / math.sqrt(2))


def test_a_window_that_has_passed_is_no_reason_to_wait() -> None:
    waiting = weeks_for_fixed_base(
        HISTORY,
        n_treated=9000,
        n_control=1000,
        smallest_share=0.45,
        adjusted=False,
        elapsed_weeks=13,
    )
    assert waiting.weeks is None
    assert waiting.mde_share <= 0.45
    assert Lever.POOL_CAMPAIGNS not in [effect.lever for effect in waiting.levers]


def test_levers_already_pulled_are_not_offered() -> None:
    even = [HistoryWindow(weeks=4, mean=100, sigma=450, rho=0.5, mean_apart=100, sigma_apart=450)]
    waiting = weeks_for_fixed_base(
        even, n_treated=500, n_control=500, smallest_share=0.01, adjusted=True
    )
    assert [effect.lever for effect in waiting.levers] == [Lever.POOL_CAMPAIGNS]
    assert waiting.control_needed is None


def test_nothing_known_about_the_top() -> None:
    plain = [HistoryWindow(weeks=4, mean=100, sigma=450)]
    waiting = weeks_for_fixed_base(
        plain, n_treated=900, n_control=100, smallest_share=0.01, adjusted=True
    )
    assert Lever.TOP_APART not in [effect.lever for effect in waiting.levers]


def test_no_control_group_at_all() -> None:
    waiting = weeks_for_fixed_base(
        HISTORY, n_treated=1000, n_control=0, smallest_share=0.1, adjusted=True
    )
    assert waiting.weeks is None
    assert waiting.mde_share == math.inf
    assert waiting.levers == ()


def test_a_history_without_spend_raises() -> None:
    with pytest.raises(ValueError, match="no window with spend"):
        weeks_for_fixed_base(
            [HistoryWindow(weeks=4, mean=0, sigma=0)],
            n_treated=900,
            n_control=100,
            smallest_share=0.1,
            adjusted=False,
        )
