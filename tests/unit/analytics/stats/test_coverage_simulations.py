"""Do intervals cover what they promise? Simulated on the spend of a real shop.

"Too high" = the whole interval lies above the truth: the report promises more than was earned.
Arms are drawn with replacement; seeds are fixed, so a failure is a change of the formulas.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from analytics.stats import (
    ArmSums,
    Comparison,
    Interval,
    RatioSums,
    compare,
    compare_proportions,
    compare_ratios,
    compare_strata,
    spend_strata,
    srm_e_value,
    srm_test,
    stratified_control,
)

pytestmark = pytest.mark.slow

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Shop:
    """4,103 customers: pence in 30 days, and in the 90 days before."""

    spend: Floats
    pre: Floats


@dataclass(frozen=True)
class Coverage:
    covered: float
    too_high: float


@pytest.fixture(scope="module")
def shop() -> Shop:
    path = Path(__file__).with_name("online_retail_spend.csv")
    pre, spend, customers = np.loadtxt(path, delimiter=",", skiprows=4, unpack=True)
    return Shop(
        spend=np.repeat(spend, customers.astype(int)), pre=np.repeat(pre, customers.astype(int))
    )


def coverage(
    results: Iterator[Comparison], truth: float, pick: Callable[[Comparison], Interval | None]
) -> Coverage:
    intervals = [pick(result) for result in results]
    lows = np.array([i.low for i in intervals if i is not None])
    highs = np.array([i.high for i in intervals if i is not None])
    assert lows.size == len(intervals)
    return Coverage(
        covered=float(((lows <= truth) & (truth <= highs)).mean()),
        too_high=float((lows > truth).mean()),
    )


def chosen(result: Comparison) -> Interval | None:
    return result.interval


def welch(result: Comparison) -> Interval | None:
    return result.welch_interval


def draws(shop: Shop, n_t: int, n_c: int, *, repeats: int, lift: float = 0.0) -> list[Comparison]:
    """Arms from the shop; ``lift`` raises every order of the treated."""
    rng = np.random.default_rng(20111209)
    return [
        compare(rng.choice(shop.spend, n_t) * (1 + lift), rng.choice(shop.spend, n_c))
        for _ in range(repeats)
    ]


def test_the_data_are_those_of_the_published_figures(shop: Shop) -> None:
    centred = shop.spend - shop.spend.mean()
    assert shop.spend.size == 4103
    assert round(float((shop.spend == 0).mean()), 2) == 0.66
    assert round(float(shop.spend.mean()) / 100) == 257
    assert round(float(shop.spend.std(ddof=1)) / 100) == 1153
    assert round(float((centred**3).mean() / shop.spend.std() ** 3), 1) == 17.5


@pytest.mark.parametrize("sizes", [(20, 180), (180, 20), (100, 900)])
def test_welch_covers_normal_values(sizes: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    results = (
        compare(rng.normal(10, 3, sizes[0]), rng.normal(10, 1, sizes[1]), interval="welch")
        for _ in range(6000)
    )
    assert 0.942 <= coverage(results, 0, chosen).covered <= 0.958


def test_equal_arms_forgive_skewness(shop: Shop) -> None:
    results = draws(shop, 1500, 1500, repeats=4000)
    assert 0.94 <= coverage(iter(results), 0, welch).covered <= 0.965


def test_a_tenth_as_control_needs_the_skew_safe_interval(shop: Shop) -> None:
    results = draws(shop, 9000, 1000, repeats=8000)
    safe, usual = coverage(iter(results), 0, chosen), coverage(iter(results), 0, welch)
    assert 0.94 <= safe.covered <= 0.965
    assert safe.too_high <= 0.035
    assert usual.covered < 0.93
    assert usual.too_high > 0.06


def test_three_hundred_controls(shop: Shop) -> None:
    results = draws(shop, 2700, 300, repeats=8000)
    safe, usual = coverage(iter(results), 0, chosen), coverage(iter(results), 0, welch)
    assert 0.94 <= safe.covered <= 0.97
    assert safe.too_high <= 0.03
    assert usual.covered < 0.89


def test_a_true_effect_is_covered(shop: Shop) -> None:
    truth = 0.1 * float(shop.spend.mean())
    results = draws(shop, 9000, 1000, repeats=4000, lift=0.1)
    found = coverage(iter(results), truth, chosen)
    assert found.covered >= 0.95
    assert found.too_high <= 0.03


def test_a_loss_is_covered_somewhat_less(shop: Shop) -> None:
    """The known weak side: the treated vary less than the control."""
    truth = -0.1 * float(shop.spend.mean())
    results = draws(shop, 9000, 1000, repeats=4000, lift=-0.1)
    assert 0.915 <= coverage(iter(results), truth, chosen).covered <= 0.945


def test_a_pilot_with_more_buyers(shop: Shop) -> None:
    """The treated arm is the small one; its share of buyers is 30 % higher."""
    buyers = shop.spend[shop.spend > 0]
    share = buyers.size / shop.spend.size
    truth = 0.3 * float(shop.spend.mean())
    rng = np.random.default_rng(5)

    def pilot() -> Iterator[Comparison]:
        for _ in range(4000):
            bought = rng.random(1000) < 1.3 * share
            treated = np.where(bought, rng.choice(buyers, 1000), 0.0)
            yield compare(treated, rng.choice(shop.spend, 9000))

    assert 0.935 <= coverage(pilot(), truth, chosen).covered <= 0.97


def test_the_pre_period_narrows_and_still_covers(shop: Shop) -> None:
    rng = np.random.default_rng(3)
    adjusted, plain = [], []
    for _ in range(4000):
        t, c = rng.integers(0, 4103, 9000), rng.integers(0, 4103, 1000)
        y_t, y_c = shop.spend[t], shop.spend[c]
        adjusted.append(compare(y_t, y_c, pre_treated=shop.pre[t], pre_control=shop.pre[c]))
        plain.append(compare(y_t, y_c))
    found = coverage(iter(adjusted), 0, chosen)
    assert 0.94 <= found.covered <= 0.965
    assert found.too_high <= 0.035
    narrower = mean_width(adjusted) / mean_width(plain)
    assert 0.65 <= narrower <= 0.72  # 0.40 of the mean against 0.58


def mean_width(results: list[Comparison]) -> float:
    return float(np.mean([r.interval.high - r.interval.low for r in results if r.interval]))


@pytest.mark.parametrize("adjusted", [False, True])
def test_a_stratified_draw_narrows_and_still_covers(shop: Shop, adjusted: bool) -> None:
    rng = np.random.default_rng(4)
    codes = spend_strata(shop.pre)
    results = []
    for _ in range(3000):
        audience = rng.integers(0, 4103, 10_000)
        strata = codes[audience]
        is_control = stratified_control(
            rng.integers(0, 2**64, size=10_000, dtype=np.uint64), strata, 0.1
        )
        y, x = shop.spend[audience], shop.pre[audience]
        pairs = []
        for stratum in range(4):
            t, c = (strata == stratum) & ~is_control, (strata == stratum) & is_control
            pairs.append((ArmSums.of(y[t], x[t]), ArmSums.of(y[c], x[c])))
        results.append(compare_strata(pairs, adjusted=adjusted))
    safe, usual = coverage(iter(results), 0, chosen), coverage(iter(results), 0, welch)
    assert 0.94 <= safe.covered <= 0.965
    assert safe.too_high <= 0.035
    assert usual.too_high > 0.045
    assert mean_width(results) / float(shop.spend.mean()) < (0.41 if adjusted else 0.50)


def test_newcombe_covers_rare_events_where_wald_does_not() -> None:
    rng = np.random.default_rng(6)
    t, c = rng.binomial(2700, 0.02, 6000), rng.binomial(300, 0.02, 6000)
    counts = [(int(a), 2700, int(b), 300) for a, b in zip(t, c, strict=True)]

    def covered(intervals: list[Interval | None]) -> float:
        return float(np.mean([i is not None and i.contains(0) for i in intervals]))

    newcombe = [compare_proportions(*count).interval for count in counts]
    wald = [compare_proportions(*count, interval="wald").interval for count in counts]
    assert 0.945 <= covered(newcombe) <= 0.965
    assert covered(wald) < 0.935


def test_orders_of_one_customer_belong_together() -> None:
    """Customers differ in their usual order value, so orders are not independent."""
    rng = np.random.default_rng(8)
    by_customer = by_order = 0
    repeats = 2000
    for _ in range(repeats):
        arms, orders = [], []
        for _arm in range(2):
            usual, count = rng.lognormal(3, 0.5, 400), rng.poisson(3, 400) + 1
            values = np.repeat(usual, count) * rng.lognormal(0, 0.3, int(count.sum()))
            owner = np.repeat(np.arange(400), count)
            arms.append(RatioSums.of(np.bincount(owner, weights=values), count))
            orders.append(values)
        by_customer += (compare_ratios(*arms).p_value or 1) < 0.05
        by_order += (compare(*orders, interval="welch").p_value or 1) < 0.05
    assert 0.035 <= by_customer / repeats <= 0.065
    assert by_order / repeats > 0.12


def test_the_sample_ratio_monitor_may_be_read_daily() -> None:
    rng = np.random.default_rng(9)
    repeats, days = 1000, 60
    by_test = by_evidence = 0
    for _ in range(repeats):
        treated = np.cumsum(rng.binomial(200, 0.9, days))
        looks = [(int(t), 200 * (day + 1) - int(t)) for day, t in enumerate(treated)]
        by_test += any((srm_test(look, (9, 1)).p_value or 1) < 0.01 for look in looks)
        by_evidence += any(srm_e_value(look, (9, 1)) >= 100 for look in looks)
    assert by_test / repeats > 0.05
    assert by_evidence / repeats <= 0.01
