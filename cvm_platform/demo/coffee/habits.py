"""What a customer is like, unseen by the shop: how often, how long, how much, how open to mail."""

from dataclasses import dataclass, fields

import numpy as np

from cvm_platform.demo.coffee.calendar import PREHISTORY_DAYS, Calendar
from cvm_platform.demo.coffee.catalog import CITIES, Catalog
from cvm_platform.demo.coffee.streams import Bools, Floats, Ints

# Purchases follow BG/NBD: rates are gamma, after every purchase a beta share of people drops out.
# [Fader, Hardie & Lee 2005, "Counting your customers" the easy way]
RATE_SHAPE = 0.9
RATE_MEAN = 0.036  # orders a day of worth 1
DROPOUT_A, DROPOUT_B = 0.33, 10.0
# Basket sizes are gamma with an inverse-gamma scale, so that a few customers buy much.
BASKET_SHAPE, BASKET_MEAN = 5.0, 0.78
OFFICE_SHARE = 0.012
LEAD_SHARE = 0.07  # left a contact, never bought
OLD_SHARE = 0.42  # joined before the orders begin
_WEIGHTS = np.array([city.weight for city in CITIES])
_CITY_CUMULATED = np.cumsum(_WEIGHTS) / _WEIGHTS.sum()
_OFFSETS = np.array([city.utc_offset_hours for city in CITIES])
_STORES = np.array([city.stores for city in CITIES])
_FIRST_STORE = np.concatenate([[0], np.cumsum(_STORES)[:-1]])


@dataclass(frozen=True)
class Habits:
    """Parallel arrays, one entry a customer (or a walk-in)."""

    joined_at: Ints  # seconds UTC, may lie before the orders begin
    is_lead: Bools
    rate: Floats  # orders for a day of worth 1
    lifetime: Ints  # purchases until the customer drops out
    basket: Floats  # lines beyond the first, on average
    bulk: Ints  # pieces of packed goods an office takes at once; 1 for people
    favourite: Ints  # product position
    second_favourite: Ints
    online: Floats  # share of orders placed on the site or in the application
    is_member: Bools  # five percent off everything
    bargain: Floats  # chance to use a sale that is running
    openness: Floats  # chance to open an e-mail
    city: Ints
    utc_offset_hours: Ints
    store: Ints  # number, from 1

    def __len__(self) -> int:
        return len(self.rate)

    def take(self, positions: Ints) -> "Habits":
        return Habits(**{part.name: getattr(self, part.name)[positions] for part in fields(self)})


def draw_habits(rng: np.random.Generator, count: int, calendar: Calendar, cat: Catalog) -> Habits:
    """`count` customers; the order of draws is part of the seed's meaning."""
    worth = calendar.worth_until(np.array([-float(PREHISTORY_DAYS), 0.0, float(calendar.days)]))
    draw = rng.random(count)
    old = worth[0] + (worth[1] - worth[0]) * draw
    new = worth[1] + (worth[2] - worth[1]) * draw
    joined_day = calendar.day_at(np.where(rng.random(count) < OLD_SHARE, old, new))
    is_lead = rng.random(count) < LEAD_SHARE
    rate = rng.gamma(RATE_SHAPE, RATE_MEAN / RATE_SHAPE, count)
    dropout = np.maximum(rng.beta(DROPOUT_A, DROPOUT_B, count), 1e-6)
    lifetime = rng.geometric(dropout)
    spread = (BASKET_SHAPE - 1) / rng.gamma(BASKET_SHAPE, 1.0, count)
    is_office = rng.random(count) < OFFICE_SHARE
    bulk = 1 + rng.poisson(3.0 * rng.lognormal(0.0, 0.5, count))
    city = np.searchsorted(_CITY_CUMULATED, rng.random(count), side="right")
    store = _FIRST_STORE[city] + (rng.random(count) * _STORES[city]).astype(np.int64) + 1
    joined = calendar.moments(rng, np.floor(joined_day).astype(np.int64), _OFFSETS[city])
    return Habits(
        joined_at=joined,
        is_lead=is_lead,
        rate=rate * np.where(is_lead, 0.05, 1.0),
        lifetime=lifetime,
        basket=BASKET_MEAN * spread,
        bulk=np.where(is_office, bulk, 1),
        favourite=np.searchsorted(cat.cumulated, rng.random(count), side="right"),
        second_favourite=np.searchsorted(cat.cumulated, rng.random(count), side="right"),
        online=rng.beta(0.9, 1.8, count),
        is_member=rng.random(count) < 0.38,
        bargain=rng.beta(2.0, 1.2, count),
        openness=rng.beta(1.3, 3.2, count),
        city=city,
        utc_offset_hours=_OFFSETS[city],
        store=store,
    )
