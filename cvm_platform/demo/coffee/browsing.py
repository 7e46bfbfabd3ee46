"""What customers did besides buying: visits, views, carts, and how they read past mailings."""

from enum import IntEnum

import numpy as np

from cvm_platform.demo.coffee.baskets import Orders
from cvm_platform.demo.coffee.calendar import DAY, Calendar
from cvm_platform.demo.coffee.catalog import Catalog
from cvm_platform.demo.coffee.habits import Habits
from cvm_platform.demo.coffee.purchases import Purchases
from cvm_platform.demo.coffee.streams import Columns, Floats, Ints, join, select

MAILING_EVERY_DAYS = 28
MAILINGS = 13
DELIVERED_SHARE = 0.985
CLICK_SHARE = 0.14  # of those who open
VISITS_A_DAY = 0.003  # that end without an order, for everybody
VISITS_PER_RATE = 0.08  # and more for those who buy often
INTEREST_DAYS = 75  # after the last purchase


class Kind(IntEnum):
    VISIT = 0
    PRODUCT_VIEW = 1
    ADD_TO_CART = 2
    DELIVERED = 3
    OPEN = 4
    CLICK = 5


KIND_NAMES = tuple(kind.name.lower() for kind in Kind)


def mailing_times(calendar: Calendar) -> Ints:
    """When past mailings went out, oldest first; mailing number = position + 1."""
    back = np.arange(MAILINGS, 0, -1) * MAILING_EVERY_DAYS * DAY
    times: Ints = calendar.campaign_second - back
    return times


def order_visits(rng: np.random.Generator, sales: Orders, catalog: Catalog) -> Columns:
    """The visit, the views and the cart before every online order of a known customer."""
    online = sales.orders["is_online"] & (sales.orders["customer_no"] > 0)
    first_line = (np.cumsum(sales.orders["lines"]) - sales.orders["lines"])[online]
    customer, at = sales.orders["customer_no"][online], sales.orders["at"][online]
    begin = at - rng.integers(240, 2_400, size=len(at))
    cart = _events(customer, at - 90, Kind.ADD_TO_CART, sales.lines["product_no"][first_line])
    return join([_visits(rng, customer, begin, 0.4, catalog), cart])


def idle_visits(
    rng: np.random.Generator,
    habits: Habits,
    bought: Purchases,
    *,
    calendar: Calendar,
    customer_no: Ints,
    catalog: Catalog,
) -> Columns:
    """Visits that end without an order, while the customer is still interested; one in six
    leaves a cart behind.
    """
    begin = calendar.day_of(habits.joined_at).clip(0, None)
    last = begin + INTEREST_DAYS
    np.maximum.at(last, bought.position, calendar.day_of(bought.at) + INTEREST_DAYS)
    span: Floats = (np.minimum(last, calendar.days) - begin).clip(0, None)
    count = rng.poisson(span * (VISITS_A_DAY + VISITS_PER_RATE * habits.rate))
    position = np.repeat(np.arange(len(habits)), count)
    day = np.floor(begin[position] + span[position] * rng.random(len(position))).astype(np.int64)
    at = calendar.moments(rng, day, habits.utc_offset_hours[position])
    customer = customer_no[position]
    leaves_cart = rng.random(len(at)) < 1 / 6
    carts = int(leaves_cart.sum())
    product = np.searchsorted(catalog.cumulated, rng.random(carts), side="right") + 1
    cart = _events(customer[leaves_cart], at[leaves_cart] + 400, Kind.ADD_TO_CART, product)
    return join([_visits(rng, customer, at, 0.7, catalog), cart])


def mailing_events(
    rng: np.random.Generator, habits: Habits, consents: Columns, calendar: Calendar, first_no: int
) -> Columns:
    """Delivered, opened, clicked: past mailings to those who allowed e-mail at that moment."""
    mail = select(consents, consents["channel"] == "EMAIL")
    times = mailing_times(calendar)
    ended = np.where(mail["ended_at"] == 0, calendar.end_second, mail["ended_at"])
    allowed = (mail["given_at"][:, None] < times) & (ended[:, None] > times)
    row, mailing = np.nonzero(allowed)
    arrives = rng.random(len(row)) < DELIVERED_SHARE
    row, mailing = row[arrives], mailing[arrives]
    customer = mail["customer_no"][row]
    delivered_at = times[mailing] + rng.integers(1, 1_800, size=len(row))
    openness = habits.openness[customer - first_no]
    opens = rng.random(len(row)) < openness
    opened_at = delivered_at + 30 + rng.exponential(7 * 3_600, len(row)).astype(np.int64)
    clicks = opens & (rng.random(len(row)) < CLICK_SHARE)
    clicked_at = opened_at + rng.integers(4, 180, size=len(row))
    number = mailing + 1
    return join(
        [
            _events(customer, delivered_at, Kind.DELIVERED, mailing_no=number),
            _events(customer[opens], opened_at[opens], Kind.OPEN, mailing_no=number[opens]),
            _events(customer[clicks], clicked_at[clicks], Kind.CLICK, mailing_no=number[clicks]),
        ]
    )


def _visits(
    rng: np.random.Generator, customer: Ints, begin: Ints, views: float, catalog: Catalog
) -> Columns:
    count = 1 + rng.poisson(views, len(begin))
    visit = np.repeat(np.arange(len(begin)), count)
    viewed_at = begin[visit] + rng.integers(5, 220, size=len(visit))
    product = np.searchsorted(catalog.cumulated, rng.random(len(visit)), side="right") + 1
    return join(
        [
            _events(customer, begin, Kind.VISIT),
            _events(customer[visit], viewed_at, Kind.PRODUCT_VIEW, product),
        ]
    )


def _events(
    customer: Ints,
    at: Ints,
    kind: Kind,
    product_no: Ints | None = None,
    mailing_no: Ints | None = None,
) -> Columns:
    nothing = np.zeros(len(at), dtype=np.int64)
    return {
        "customer_no": customer,
        "at": at,
        "kind": np.full(len(at), int(kind), dtype=np.int8),
        "product_no": nothing if product_no is None else product_no,
        "mailing_no": nothing if mailing_no is None else mailing_no,
    }
