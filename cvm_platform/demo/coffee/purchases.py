"""When customers buy: the base process, which no campaign touches."""

from dataclasses import dataclass

import numpy as np

from cvm_platform.demo.coffee.calendar import Calendar
from cvm_platform.demo.coffee.catalog import Catalog
from cvm_platform.demo.coffee.habits import Habits, draw_habits
from cvm_platform.demo.coffee.streams import Bools, Ints

# Orders of nobody we know, as a share of the orders of customers
WALK_IN_SHARE = 0.14
_SORT_SHIFT = 1 << 36  # more than any second of the history


@dataclass(frozen=True)
class Purchases:
    """Parallel arrays by customer and time. `position` counts within the block."""

    position: Ints
    at: Ints

    def __len__(self) -> int:
        return len(self.at)

    def keep(self, mask: Bools) -> "Purchases":
        return Purchases(self.position[mask], self.at[mask])


def draw_purchases(rng: np.random.Generator, habits: Habits, calendar: Calendar) -> Purchases:
    """All purchases of the block from `begin` to `end`.

    A customer who is no lead buys on joining; later purchases come as a Poisson process on the
    calendar's clock of worth, until `lifetime` purchases are made. Purchases before `begin` use up
    the lifetime but are not returned: the shop's records start later than its life.
    """
    begin = calendar.worth_until(calendar.day_of(habits.joined_at))
    end = calendar.cumulated[-1]
    count = rng.poisson(habits.rate * (end - begin))
    position = np.repeat(np.arange(len(habits)), count)
    worth = begin[position] + (end - begin[position]) * rng.random(len(position))
    day = np.floor(calendar.day_at(worth)).astype(np.int64)
    at = calendar.moments(rng, day, habits.utc_offset_hours[position])
    buyers = np.flatnonzero(~habits.is_lead)
    position = np.concatenate([position, buyers])
    at = np.concatenate([at, habits.joined_at[buyers] + 60])
    order = np.argsort(position * _SORT_SHIFT + at)
    position, at = position[order], at[order]
    starts = np.searchsorted(position, np.arange(len(habits)))
    rank = np.arange(len(position)) - starts[position]
    seen = (at >= calendar.begin_second) & (at < calendar.end_second)
    mask = (rank < habits.lifetime[position]) & seen
    return Purchases(position[mask], at[mask])


def draw_walk_ins(
    rng: np.random.Generator, orders: int, calendar: Calendar, catalog: Catalog
) -> tuple[Purchases, Habits]:
    """Orders without a known customer, about WALK_IN_SHARE of `orders`, each of its own kind."""
    count = int(rng.poisson(WALK_IN_SHARE * orders))
    habits = draw_habits(rng, count, calendar, catalog)
    first, last = calendar.worth_until(np.array([0.0, float(calendar.days)]))
    worth = first + (last - first) * rng.random(count)
    day = np.floor(calendar.day_at(worth)).astype(np.int64)
    at = calendar.moments(rng, day, habits.utc_offset_hours)
    seen = (at >= calendar.begin_second) & (at < calendar.end_second)
    positions = np.flatnonzero(seen)
    return Purchases(np.arange(len(positions)), at[positions]), habits.take(positions)
