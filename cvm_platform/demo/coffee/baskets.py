"""What is in an order: lines, sales, costs, and what comes back."""

from dataclasses import dataclass

import numpy as np

from cvm_platform.demo.coffee.calendar import DAY, Calendar
from cvm_platform.demo.coffee.catalog import (
    PRICE_STEP_DAYS,
    RUBLE,
    Catalog,
    Promotion,
    promotion_grid,
)
from cvm_platform.demo.coffee.habits import Habits
from cvm_platform.demo.coffee.purchases import Purchases
from cvm_platform.demo.coffee.streams import Bools, Columns, Ints, join, select

MEMBER_PERCENT = 5
RETURN_SHARE = 0.018  # of returnable lines
MAX_LINES = 12
# A return is an order of its own, numbered this much above the order it gives back.
RETURN_OFFSET = 500_000_000_000


@dataclass(frozen=True)
class Orders:
    """Orders and their lines, in the same order.

    orders: order_no, customer_no, at, sold_at (of the sale, for a return), is_online, store,
    return_of (0 for a sale), lines, revenue, discount, cost, items. lines: order_no, number,
    product_no, quantity, price (paid for one), discount, amount, cost, promotion_no. A return has
    negative quantities and sums.
    """

    orders: Columns
    lines: Columns

    def __len__(self) -> int:
        return len(self.orders["order_no"])

    def keep(self, mask: Bools) -> "Orders":
        """The orders of `mask` with their lines, which lie in the same order."""
        sizes = self.orders["lines"]
        return Orders(select(self.orders, mask), select(self.lines, np.repeat(mask, sizes)))


@dataclass(frozen=True)
class Shelf:
    """The catalogue over time, made once for a shop."""

    catalog: Catalog
    calendar: Calendar
    promotions: list[Promotion]
    prices: Ints
    costs: Ints
    running: Ints  # [day, category] -> promotion number
    percent: Ints  # by promotion number, 0 for none

    @classmethod
    def of(cls, catalog: Catalog, calendar: Calendar) -> "Shelf":
        promotions = catalog.promotions(calendar.begin, calendar.days)
        prices, costs = catalog.price_lists(calendar.days)
        return cls(
            catalog=catalog,
            calendar=calendar,
            promotions=promotions,
            prices=prices,
            costs=costs,
            running=promotion_grid(catalog, promotions, calendar.begin, calendar.days),
            percent=np.array([0, *(sale.percent for sale in promotions)], dtype=np.int64),
        )


def fill_baskets(
    rng: np.random.Generator,
    habits: Habits,
    bought: Purchases,
    shelf: Shelf,
    *,
    first_order_no: int,
    customer_no: Ints,
) -> tuple[Orders, Orders]:
    """Sales and the returns that happened before the end. `customer_no` is by position."""
    who = habits.take(bought.position)
    calendar, count = shelf.calendar, len(bought)
    sizes = 1 + np.minimum(rng.poisson(who.basket), MAX_LINES - 1)
    order = np.repeat(np.arange(count), sizes)
    number = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + 1
    product = _draw_products(rng, who, order, shelf.catalog)
    quantity = _draw_quantities(rng, who.bulk[order], shelf.catalog.is_returnable[product])
    day = calendar.local_days(bought.at, who.utc_offset_hours).clip(0, calendar.days - 1)
    order_no = first_order_no + np.arange(count)
    lines: Columns = {
        "order_no": order_no[order],
        "number": number,
        "product_no": product + 1,
        "quantity": quantity,
        **_prices(rng, who, order, day=day[order], product=product, quantity=quantity, shelf=shelf),
    }
    orders: Columns = {
        "order_no": order_no,
        "customer_no": customer_no[bought.position],
        "at": bought.at,
        "sold_at": bought.at,
        "is_online": rng.random(count) < who.online,
        "store": who.store,
        "return_of": np.zeros(count, dtype=np.int64),
        "lines": sizes,
        **_totals(lines, sizes),
    }
    sales = Orders(orders, lines)
    return sales, _draw_returns(rng, sales, shelf)


def _prices(
    rng: np.random.Generator,
    who: Habits,
    order: Ints,
    *,
    day: Ints,
    product: Ints,
    quantity: Ints,
    shelf: Shelf,
) -> Columns:
    """What was paid for every line, with the promotion that was taken."""
    step = day // PRICE_STEP_DAYS
    list_price = shelf.prices[step, product]
    sale = shelf.running[day, shelf.catalog.category[product]]
    sale = np.where(rng.random(len(order)) < who.bargain[order], sale, 0)
    percent = np.maximum(shelf.percent[sale], np.where(who.is_member[order], MEMBER_PERCENT, 0))
    # the till rounds the discount on a piece down to whole rubles
    off = list_price * percent // (100 * RUBLE) * RUBLE
    return {
        "price": list_price - off,
        "discount": off * quantity,
        "amount": (list_price - off) * quantity,
        "cost": shelf.costs[step, product] * quantity,
        "promotion_no": np.where(shelf.percent[sale] == percent, sale, 0),
    }


def margin_of(orders: Columns) -> Ints:
    margin: Ints = orders["revenue"] - orders["cost"]
    return margin


def join_orders(parts: list[Orders]) -> Orders:
    return Orders(join([part.orders for part in parts]), join([part.lines for part in parts]))


def _draw_products(rng: np.random.Generator, who: Habits, order: Ints, catalog: Catalog) -> Ints:
    wish = rng.random(len(order))
    any_product = np.searchsorted(catalog.cumulated, rng.random(len(order)), side="right")
    second = np.where(wish < 0.48, who.second_favourite[order], any_product)
    return np.where(wish < 0.33, who.favourite[order], second)


def _draw_quantities(rng: np.random.Generator, bulk: Ints, is_packed: Bools) -> Ints:
    pieces = np.searchsorted((0.84, 0.96, 0.99), rng.random(len(bulk)), side="right") + 1
    return np.where((bulk > 1) & is_packed, pieces + bulk, pieces)


def _totals(lines: Columns, sizes: Ints) -> Columns:
    starts = np.cumsum(sizes) - sizes
    names = {"revenue": "amount", "discount": "discount", "cost": "cost", "items": "quantity"}
    if not len(sizes):
        return {total: np.zeros(0, dtype=np.int64) for total in names}
    return {total: np.add.reduceat(lines[line], starts) for total, line in names.items()}


def _draw_returns(rng: np.random.Generator, sales: Orders, shelf: Shelf) -> Orders:
    """One line in RETURN_SHARE comes back whole, two days to two weeks later.

    The goods go back on the shelf, so a return takes back revenue, discount and cost alike.
    """
    lines, orders = sales.lines, sales.orders
    position = lines["order_no"] - orders["order_no"][0] if len(sales) else lines["order_no"]
    drawn = rng.random(len(position)) < RETURN_SHARE
    delay = rng.integers(2 * DAY, 14 * DAY, size=len(position))
    at = orders["at"][position] + delay
    comes = drawn & shelf.catalog.is_returnable[lines["product_no"] - 1]
    # the first such line of an order only: a return has one date
    comes &= at < shelf.calendar.end_second
    chosen = np.flatnonzero(comes)
    _, unique = np.unique(position[chosen], return_index=True)
    chosen = chosen[unique]
    back = select(lines, np.isin(np.arange(len(position)), chosen))
    for name in ("quantity", "discount", "amount", "cost"):
        back[name] = -back[name]
    back["order_no"] = back["order_no"] + RETURN_OFFSET
    back["number"] = np.ones(len(chosen), dtype=np.int64)
    head = select(orders, np.isin(np.arange(len(sales)), position[chosen]))
    head["return_of"] = head["order_no"]
    head["order_no"] = head["order_no"] + RETURN_OFFSET
    head["at"] = at[chosen]
    head["lines"] = np.ones(len(chosen), dtype=np.int64)
    head |= _totals(back, head["lines"])
    return Orders(head, back)
