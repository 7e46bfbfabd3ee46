"""What the chain sells, where, and its price level over the years. Prices in kopecks."""

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from cvm_platform.demo.coffee.streams import Bools, Columns, Floats, Ints

_FILE = Path(__file__).parent.parent / "data" / "coffee_products.csv"
RUBLE = 100
# Prices rise in steps of half a year; the last step is today's price list.
PRICE_STEP_DAYS = 182
PRICE_STEP = 1.045


@dataclass(frozen=True)
class City:
    name: str
    time_zone: str
    utc_offset_hours: int  # Russian zones have no summer time
    weight: float
    stores: int


CITIES = (
    City("Москва", "Europe/Moscow", 3, 30.0, 14),
    City("Санкт-Петербург", "Europe/Moscow", 3, 17.0, 8),
    City("Казань", "Europe/Moscow", 3, 8.0, 4),
    City("Нижний Новгород", "Europe/Moscow", 3, 7.0, 3),
    City("Ярославль", "Europe/Moscow", 3, 4.0, 2),
    City("Калининград", "Europe/Kaliningrad", 2, 4.0, 2),
    City("Самара", "Europe/Samara", 4, 6.0, 3),
    City("Екатеринбург", "Asia/Yekaterinburg", 5, 9.0, 4),
    City("Челябинск", "Asia/Yekaterinburg", 5, 5.0, 2),
    City("Новосибирск", "Asia/Novosibirsk", 7, 7.0, 3),
    City("Владивосток", "Asia/Vladivostok", 10, 3.0, 1),
)


@dataclass(frozen=True)
class Promotion:
    """A past sale: `percent` off one category from `first_day` to `last_day` inclusive."""

    number: int
    name: str
    category: str
    percent: int
    first_day: date
    last_day: date


class Catalog:
    """Products as parallel arrays; a product's number is its position plus one."""

    def __init__(self) -> None:
        with _FILE.open(encoding="utf-8", newline="") as handle:
            rows = list(csv.DictReader(handle))
        self.names = [row["name"] for row in rows]
        self.category_names = list(dict.fromkeys(row["category"] for row in rows))
        self.category: Ints = np.array(
            [self.category_names.index(row["category"]) for row in rows], dtype=np.int64
        )
        self.price: Ints = np.array([int(row["price"]) * RUBLE for row in rows], dtype=np.int64)
        self.cost: Ints = np.array([int(row["cost"]) * RUBLE for row in rows], dtype=np.int64)
        self.is_returnable: Bools = np.array([row["returnable"] == "1" for row in rows])
        popularity: Floats = np.array([float(row["popularity"]) for row in rows])
        self.cumulated: Floats = np.cumsum(popularity) / popularity.sum()

    def __len__(self) -> int:
        return len(self.names)

    def columns(self) -> Columns:
        """product_no, name, category, price, cost (kopecks, today's price list)."""
        return {
            "product_no": np.arange(1, len(self) + 1),
            "name": np.array(self.names),
            "category": np.array(self.category_names)[self.category],
            "price": self.price,
            "cost": self.cost,
        }

    def price_lists(self, days: int) -> tuple[Ints, Ints]:
        """Prices and costs as arrays [step, product] for a history of `days`.

        Past prices end in whole tens of rubles, past costs in whole rubles.
        """
        steps = (days + PRICE_STEP_DAYS - 1) // PRICE_STEP_DAYS
        level = PRICE_STEP ** (np.arange(steps) - (steps - 1.0))[:, None]
        prices = np.rint(self.price * level / (10 * RUBLE)).astype(np.int64) * 10 * RUBLE
        costs = np.rint(self.cost * level / RUBLE).astype(np.int64) * RUBLE
        return prices, costs

    def promotions(self, begin: date, days: int) -> list[Promotion]:
        """A sale of ten days every five weeks, the categories in turn, never on drinks to go."""
        on_sale = [name for name in self.category_names if name != "Напитки"]
        found = []
        for number, start in enumerate(range(17, days - 9, 35), start=1):
            category = on_sale[(number - 1) % len(on_sale)]
            percent = (15, 20, 10)[number % 3]
            first = begin + timedelta(days=start)
            name = f"−{percent} % на «{category}»"
            found.append(
                Promotion(number, name, category, percent, first, first + timedelta(days=9))
            )
        return found


def promotion_grid(catalog: Catalog, promotions: list[Promotion], begin: date, days: int) -> Ints:
    """Array [day, category]: the number of the sale running there, 0 where there is none."""
    grid = np.zeros((days, len(catalog.category_names)), dtype=np.int64)
    for sale in promotions:
        first = (sale.first_day - begin).days
        last = (sale.last_day - begin).days
        grid[first : last + 1, catalog.category_names.index(sale.category)] = sale.number
    return grid
