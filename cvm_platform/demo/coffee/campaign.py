"""What the campaign does to people: potential outcomes, drawn before anybody is assigned.

Every customer has two futures from the campaign on. Untreated, the base purchases happen. Treated,
`extra` purchases come on top and the `lost` ones do not happen (a few people are put off by mail).
Both are fixed by the seed, so the effect on any group is a plain difference of sums, and the
product's assignment only chooses which future is seen. [Rubin 1974, Estimating causal effects]
"""

from dataclasses import dataclass

import numpy as np

from cvm_platform.demo.coffee.calendar import DAY, Calendar
from cvm_platform.demo.coffee.habits import Habits
from cvm_platform.demo.coffee.purchases import Purchases
from cvm_platform.demo.coffee.streams import Bools, Floats, Ints

EFFECT_DAYS = 28
EXTRA_ORDERS = 0.15  # on average, for somebody of middling openness and recency
# The letter works best on those who have been away for a while
_RECENCY_DAYS = (14.0, 90.0, 240.0)
_RECENCY_FACTOR = np.array([0.85, 1.35, 0.75, 0.3])
_NEVER_BOUGHT_FACTOR = 0.1
_OPENNESS_MEAN = 1.3 / 4.5
PUT_OFF_SHARE = 0.03
LOST_SHARE = 0.35
CLICK_SHARE = 0.13  # of those who open
UNSUBSCRIBE_SHARE = 0.004


@dataclass(frozen=True)
class Effect:
    extra: Purchases
    lost: Bools  # by base purchase


@dataclass(frozen=True)
class Truth:
    """What the campaign really earned from those who were treated, and from nobody else.

    Money is kopecks: amount less cost of the orders placed within `days` of the campaign, less
    their returns up to the end of the history. Discounts are in the amounts.
    """

    treated: int
    days: int
    margin: int
    revenue: int
    orders: int
    margin_per_customer: float


def draw_effect(
    rng: np.random.Generator, habits: Habits, base: Purchases, calendar: Calendar
) -> Effect:
    start, count = calendar.campaign_second, len(habits)
    known = habits.joined_at < start
    expected = EXTRA_ORDERS * _recency_factor(base, count, start) * habits.openness / _OPENNESS_MEAN
    extra = rng.poisson(np.where(known, expected, 0.0))
    position = np.repeat(np.arange(count), extra)
    days = rng.gamma(1.6, 4.5, len(position))
    late = days >= EFFECT_DAYS
    days[late] = EFFECT_DAYS * rng.random(int(late.sum()))
    campaign_day = (start - calendar.begin_second) // DAY
    offsets = habits.utc_offset_hours[position]
    at = calendar.moments(rng, campaign_day + days.astype(np.int64), offsets)
    soonest = start + rng.integers(600, 7_200, size=len(position))
    at = np.maximum(at, soonest)
    order = np.lexsort((at, position))
    put_off = (rng.random(count) < PUT_OFF_SHARE) & known
    in_window = (base.at >= start) & (base.at < start + EFFECT_DAYS * DAY)
    lost = put_off[base.position] & in_window & (rng.random(len(base)) < LOST_SHARE)
    return Effect(extra=Purchases(position[order], at[order]), lost=lost)


def draw_reactions(
    rng: np.random.Generator, habits: Habits, calendar: Calendar
) -> tuple[Ints, Ints, Ints]:
    """When each customer would open, click and unsubscribe if written to; 0 where never."""
    count, start = len(habits), calendar.campaign_second
    opened_at = start + 60 + rng.exponential(6 * 3_600, count).astype(np.int64)
    opens = (rng.random(count) < habits.openness) & (opened_at < calendar.end_second)
    clicks = opens & (rng.random(count) < CLICK_SHARE)
    leaves = opens & (rng.random(count) < UNSUBSCRIBE_SHARE / _OPENNESS_MEAN)
    clicked_at = opened_at + rng.integers(5, 240, size=count)
    left_at = opened_at + rng.integers(5, 120, size=count)
    return (
        np.where(opens, opened_at, 0),
        np.where(clicks, clicked_at, 0),
        np.where(leaves, left_at, 0),
    )


def _recency_factor(base: Purchases, count: int, start: int) -> Floats:
    last = np.zeros(count, dtype=np.int64)
    before = base.at < start
    np.maximum.at(last, base.position[before], base.at[before])
    days = (start - last) / DAY
    factor = _RECENCY_FACTOR[np.searchsorted(_RECENCY_DAYS, days, side="right")]
    return np.where(last == 0, _NEVER_BOUGHT_FACTOR, factor)
