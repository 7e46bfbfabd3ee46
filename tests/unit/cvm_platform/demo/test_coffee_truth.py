"""The campaign's true effect: defined by both futures, seen by nobody, provable by the product."""

from datetime import date

import numpy as np
import pytest

from cvm_platform.demo.coffee import EFFECT_DAYS, CoffeeShop, Orders
from cvm_platform.demo.coffee.baskets import join_orders, margin_of
from cvm_platform.demo.coffee.streams import Bools, Floats, Ints, join, table_hash

TODAY = date(2026, 11, 22)
DAY = 86_400


def _margins(shop: CoffeeShop, treated: Bools, days: int = EFFECT_DAYS) -> Ints:
    """Kopecks of every customer within the window under this assignment."""
    margins = np.zeros(shop.customers, dtype=np.int64)
    until = shop.calendar.campaign_second + days * DAY
    for chunk in shop.outcome_chunks(treated):
        orders = chunk.orders
        seen = (orders["customer_no"] > 0) & (orders["sold_at"] < until)
        seen &= orders["sold_at"] >= shop.calendar.campaign_second
        np.add.at(margins, orders["customer_no"][seen] - 1, margin_of(orders)[seen])
    return margins


@pytest.fixture(scope="module")
def futures(shop: CoffeeShop) -> tuple[Ints, Ints]:
    everybody = np.ones(shop.customers, dtype=bool)
    return _margins(shop, ~everybody), _margins(shop, everybody)


def test_truth_is_the_mean_difference_of_both_futures(
    shop: CoffeeShop, futures: tuple[Ints, Ints], treated: Bools
) -> None:
    without, with_campaign = futures
    truth = shop.truth(treated)

    difference = (with_campaign - without)[treated]
    assert truth.margin == int(difference.sum())
    assert truth.margin_per_customer == pytest.approx(float(difference.mean()), abs=1e-9)
    assert (truth.treated, truth.days) == (int(treated.sum()), 28)
    assert truth.margin > 0
    assert truth.revenue > truth.margin


@pytest.mark.parametrize("days", [7, 14, 35])
def test_truth_holds_for_any_window(shop: CoffeeShop, treated: Bools, days: int) -> None:
    everybody = np.ones(shop.customers, dtype=bool)
    difference = _margins(shop, everybody, days) - _margins(shop, ~everybody, days)

    assert shop.truth(treated, days=days).margin == int(difference[treated].sum())


def test_assignment_only_chooses_which_future_is_seen(
    shop: CoffeeShop, futures: tuple[Ints, Ints], treated: Bools
) -> None:
    without, with_campaign = futures

    assert (_margins(shop, treated) == np.where(treated, with_campaign, without)).all()


def test_nobody_treated_nothing_earned(shop: CoffeeShop) -> None:
    truth = shop.truth(np.zeros(shop.customers, dtype=bool))

    assert (truth.treated, truth.margin, truth.orders, truth.margin_per_customer) == (0, 0, 0, 0.0)


def test_the_past_does_not_know_the_campaign(shop: CoffeeShop, treated: Bools) -> None:
    """Orders before the start, and the untreated after it, are the base process to the kopeck."""
    base = join_orders([block.base for block in shop.blocks()])
    start = shop.calendar.campaign_second
    history = join_orders(list(shop.order_chunks()))
    assert table_hash(history.orders) == table_hash(base.keep(base.orders["at"] < start).orders)

    def untreated(orders: Orders) -> str:
        number = orders.orders["customer_no"]
        mask = (number == 0) | ~treated[number - 1]
        kept = orders.keep(mask & (orders.orders["at"] >= start))
        return table_hash(kept.orders) + table_hash(kept.lines)

    assert untreated(base) == untreated(join_orders(list(shop.outcome_chunks(treated))))


def test_some_are_won_and_a_few_are_lost(futures: tuple[Ints, Ints]) -> None:
    difference = futures[1] - futures[0]

    assert 0.08 < (difference > 0).mean() < 0.15
    assert 0 < (difference < 0).mean() < 0.02


def test_newcomers_are_not_touched(shop: CoffeeShop, futures: tuple[Ints, Ints]) -> None:
    late = join(list(shop.customer_chunks(newcomers=True)))["customer_no"] - 1

    assert len(late) > 0
    assert (futures[0][late] == futures[1][late]).all()


def test_extra_orders_fall_into_the_window(shop: CoffeeShop) -> None:
    start = shop.calendar.campaign_second
    for block in shop.blocks():
        sales = block.extra[0].orders
        assert (sales["at"] > start).all()
        assert (sales["at"] < start + (EFFECT_DAYS + 1) * DAY).all()


def test_extra_visits_belong_to_the_treated_only(shop: CoffeeShop, treated: Bools) -> None:
    nobody = np.zeros(shop.customers, dtype=bool)
    with_campaign = join(list(shop.outcome_event_chunks(treated)))
    without = join(list(shop.outcome_event_chunks(nobody)))
    added = ~np.isin(with_campaign["event_no"], without["event_no"])

    assert added.sum() > 0
    assert np.isin(without["event_no"], with_campaign["event_no"]).all()
    assert treated[with_campaign["customer_no"][added] - 1].all()
    assert (with_campaign["at"] >= shop.calendar.campaign_second).all()


def test_reactions_come_in_their_order(shop: CoffeeShop, treated: Bools) -> None:
    rows = join(list(shop.reaction_chunks(treated)))
    opened, clicked, left = rows["opened_at"], rows["clicked_at"], rows["left_at"]

    assert (rows["customer_no"] == np.flatnonzero(treated) + 1).all()
    assert (opened[opened > 0] > shop.calendar.campaign_second).all()
    assert (opened[clicked > 0] > 0).all()
    assert (clicked > opened)[clicked > 0].all()
    assert (left > opened)[left > 0].all()
    assert 0.2 < (opened > 0).mean() < 0.4
    assert 0 < (left > 0).mean() < (clicked > 0).mean()


def test_mask_of_names_exactly_those(shop: CoffeeShop) -> None:
    mask = shop.mask_of(np.array([1, 17, shop.customers]))

    assert np.flatnonzero(mask).tolist() == [0, 16, shop.customers - 1]


def _welch(treated: Floats, control: Floats) -> tuple[float, float]:
    spread = treated.var(ddof=1) / len(treated) + control.var(ddof=1) / len(control)
    return float(treated.mean() - control.mean()), float(np.sqrt(spread))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_effect_is_provable_but_not_absurd(seed: int) -> None:
    """Full size, ten percent global and ten percent local control, Welch's error."""
    shop = CoffeeShop(today=TODAY, seed=seed)
    consents = join(list(shop.consent_chunks()))
    allowed = (consents["channel"] == "EMAIL") & (consents["status"] == "ACTIVE")
    audience = consents["customer_no"][allowed] - 1
    everybody = np.ones(shop.customers, dtype=bool)
    without, with_campaign = _margins(shop, ~everybody) / 100, _margins(shop, everybody) / 100
    rng = np.random.default_rng(seed)
    ratios, covered = [], 0
    for _ in range(100):
        eligible = audience[rng.random(len(audience)) >= 0.1]
        is_treated = rng.random(len(eligible)) >= 0.1
        chosen = eligible[is_treated]
        estimate, error = _welch(with_campaign[chosen], without[eligible[~is_treated]])
        truth = float((with_campaign - without)[chosen].mean())
        ratios.append(truth / error)
        covered += abs(estimate - truth) < 1.96 * error

    assert 24_000 < len(chosen) < 27_000
    assert 3.0 < np.median(ratios) < 4.3
    assert covered >= 85
    assert 0.10 < truth / without[audience].mean() < 0.25
