"""Rows of an order file into COPY lines of the stage, column by column: half a million in a second.

Every distinct text is understood once (`Remembered`), so a chunk is a handful of dictionary
look-ups for each column and one formatted line for each row.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import compress, repeat
from typing import Any
from zoneinfo import ZoneInfo

from analytics.sources.reading.rejects import Rejects
from analytics.sources.reading.text import open_quote
from analytics.sources.reading.values import (
    Bad,
    Remembered,
    code_of,
    copy_field,
    moments,
    money,
    whole,
)

_NOTED = 300_000  # names and people remembered, so as not to write them again and again
_SEEN_ORDERS = 100_000
NULL = "\\N"
Row = list[str]


@dataclass(frozen=True, slots=True)
class OrderRules:
    """How this file says things; confirmed on the mapping screen."""

    zone: ZoneInfo
    date_order: str
    now: datetime
    return_prefix: str = "C"
    keep_zero_price: bool = False


@dataclass(slots=True)
class Blocks:
    """COPY texts of one chunk: lines of orders, products and people named the first time."""

    lines: str = ""
    products: str = ""
    people: str = ""


@dataclass(slots=True)
class Seen:
    """Counts over all rows, refused ones included."""

    rows: int = 0
    without_customer: int = 0
    negative: int = 0
    damaged_orders: set[str] = field(default_factory=set)  # some of their rows were refused


def _price_rule(values: Remembered, *, keep_zero: bool) -> Remembered:
    def work(text: str) -> Any:
        value = values[text]
        if value is None or isinstance(value, Bad) or value > 0:
            return value
        if value < 0:
            return Bad("negative_price")
        return value if keep_zero else Bad("zero_price")

    return Remembered(work)


def _amount_rule(values: Remembered, *, keep_zero: bool) -> Remembered:
    def work(text: str) -> Any:
        value = values[text]
        return Bad("zero_price") if value == 0 and not keep_zero else value

    return Remembered(work)


class OrderRows:
    """Turns chunks of rows into `Blocks`; counts what it saw."""

    def __init__(
        self, columns: Sequence[str], mapping: Mapping[str, int], rules: OrderRules,
        rejects: Rejects,
    ) -> None:  # fmt: skip
        self.width = len(columns)
        self.rejects = rejects
        self.seen = Seen()
        self._mapping = mapping
        prefix = rules.return_prefix
        self._flags = Remembered(lambda order: "t" if prefix and order.startswith(prefix) else NULL)
        dates = moments(rules.zone, rules.date_order, rules.now, required=True)
        required = copy_field(100)
        keep = rules.keep_zero_price
        self._readers: dict[str, Remembered] = {
            "order": Remembered(lambda text: _present(required[text])),
            "ts": Remembered(lambda text: _stamp(dates[text])),
            "customer": copy_field(200, code_of),
            "product": copy_field(100),
            "quantity": Remembered(whole),
            "price": _price_rule(
                money("bad_price", required="amount" not in mapping), keep_zero=keep
            ),
            "amount": _amount_rule(
                money("bad_amount", required="price" not in mapping), keep_zero=keep
            ),
            "discount": money("bad_discount", required=False),
            "cost": money("bad_cost", required=False),
        }
        self._names = copy_field(300, lambda text: text.replace("\x00", "").strip()[:300])
        self._noted: set[tuple[Any, ...]] = set()
        self._noted_people: set[str] = set()
        self._counter = 0
        self._last = ("", 0)  # the order that the chunk before ended with, and its lines so far

    def take(self, chunk: Sequence[Row], first: int) -> Blocks:
        """The chunk whose first row is row `first` of the file."""
        numbers, rows = self._fitting(chunk, first)
        if not rows:
            return Blocks()
        columns = list(zip(*rows, strict=True))
        values = {key: self._read(key, columns, len(rows)) for key in self._readers}
        self.seen.rows += len(rows)
        self.seen.without_customer += values["customer"].count(NULL)
        faults = _faults(values.values())
        if faults:
            self._refuse(faults, numbers, rows)
            good = [index not in faults for index in range(len(rows))]
            numbers = list(compress(numbers, good))
            values = {key: list(compress(column, good)) for key, column in values.items()}
            columns = [tuple(compress(column, good)) for column in columns]
        return self._blocks(numbers, values, columns)

    def _fitting(self, chunk: Sequence[Row], first: int) -> tuple[list[int], list[Row]]:
        width = self.width
        if set(map(len, chunk)) == {width}:
            return list(range(first, first + len(chunk))), list(chunk)
        pairs = [
            (number, row) for number, row in enumerate(chunk, first)
            if len(row) == width or self._fits(row, number)
        ]  # fmt: skip
        return [number for number, _row in pairs], [row for _number, row in pairs]

    def _fits(self, row: Row, number: int) -> bool:
        """Whether a row of another width can be read all the same."""
        if not any(cell.strip() for cell in row):
            return False  # an empty row says nothing and is no error
        if len(row) > self.width and not any(cell.strip() for cell in row[self.width :]):
            del row[self.width :]
            return True
        problem = open_quote(row, number)
        if problem:
            raise problem
        self.seen.rows += 1
        self.rejects.add(number, "columns", row)
        return False

    def _read(self, key: str, columns: Sequence[Sequence[str]], count: int) -> list[Any]:
        index = self._mapping.get(key)
        if index is not None:
            return list(map(self._readers[key].__getitem__, columns[index]))
        return [{"quantity": 1, "customer": NULL, "product": NULL}.get(key)] * count

    def _refuse(self, faults: Mapping[int, str], numbers: list[int], rows: list[Row]) -> None:
        at = self._mapping["order"]
        for index, reason in faults.items():
            row = rows[index]
            if not any(cell.strip() for cell in row):
                self.seen.rows -= 1
                continue
            if reason != "zero_price" and len(self.seen.damaged_orders) < _SEEN_ORDERS:
                self.seen.damaged_orders.add(row[at].strip())
            self.rejects.add(numbers[index], str(reason), row)

    def _blocks(
        self, numbers: list[int], values: Mapping[str, list[Any]], columns: Sequence[Sequence[str]]
    ) -> Blocks:
        quantities, prices, amounts = values["quantity"], values["price"], values["amount"]
        self.seen.negative += sum(quantity < 0 for quantity in quantities)
        if "amount" not in self._mapping:
            amounts = [quantity * price for quantity, price in zip(quantities, prices, strict=True)]
        else:
            amounts, prices = _both(quantities, prices, amounts)
        costs = values["cost"]
        lines = "".join(
            f"{number}\t{place}\t{order}\t{ts}\t{customer}\t\\N\t{product}\t{quantity}\t{price}\t"
            f"{amount}\t{discount or 0}\t{cost}\t{is_return}\tpaid\n"
            for number, place, order, ts, customer, product, quantity, price, amount, discount,
            cost, is_return in zip(
                numbers, self._places(values["order"]), values["order"], values["ts"],
                values["customer"], values["product"], quantities, prices, amounts,
                values["discount"], _line_costs(quantities, costs),
                map(self._flags.__getitem__, values["order"]), strict=False,
            )
        )  # fmt: skip
        return Blocks(lines, self._products(values, columns), self._people(values, columns))

    def _places(self, orders: Iterable[str]) -> list[int]:
        """The place of each row in its order, counted over an uninterrupted run of rows."""
        last, place = self._last
        places: list[int] = []
        for order in orders:
            place = place + 1 if order == last else 1
            last = order
            places.append(place)
        self._last = (last, place)
        return places

    def _texts(self, key: str, columns: Sequence[Sequence[str]], count: int) -> list[str]:
        index = self._mapping.get(key)
        if index is None:
            return [NULL] * count
        return list(map(self._names.__getitem__, columns[index]))

    def _products(self, values: Mapping[str, list[Any]], columns: Sequence[Sequence[str]]) -> str:
        count = len(values["product"])
        keys = dict.fromkeys(
            zip(
                values["product"], self._texts("name", columns, count),
                self._texts("category", columns, count), values["cost"], strict=True,
            )
        )  # fmt: skip
        fresh = [key for key in keys if key not in self._noted and key[0] != NULL]
        self._noted.update(fresh)
        if len(self._noted) > _NOTED:
            self._noted.clear()
        start = self._counter
        self._counter += len(fresh)
        return "".join(
            f"{start + place}\t{product}\t{name}\t{category}\t{NULL if cost is None else cost}\n"
            for place, (product, name, category, cost) in enumerate(fresh)
        )

    def _people(self, values: Mapping[str, list[Any]], columns: Sequence[Sequence[str]]) -> str:
        if not {"city", "country"} & set(self._mapping):
            return ""
        count = len(values["customer"])
        first: dict[str, tuple[str, str]] = {}
        for customer, city, country in zip(
            values["customer"], self._texts("city", columns, count),
            self._texts("country", columns, count), strict=True,
        ):  # fmt: skip
            if customer not in self._noted_people:
                first.setdefault(customer, (city, country))
        first.pop(NULL, None)
        self._noted_people.update(first)
        if len(self._noted_people) > _NOTED:
            self._noted_people.clear()
        start = self._counter
        self._counter += len(first)
        return "".join(
            f"{customer}\t{city}\t{country}\t{start + place}\n"
            for place, (customer, (city, country)) in enumerate(first.items())
        )


def _line_costs(quantities: Sequence[int], costs: Sequence[int | None]) -> Iterable[Any]:
    if set(costs) == {None}:
        return repeat(NULL)
    return [
        NULL if cost is None else quantity * cost
        for quantity, cost in zip(quantities, costs, strict=True)
    ]


def _present(text: str) -> str:
    return Bad("no_order") if text == NULL else text


def _stamp(moment: Any) -> str:
    return moment if isinstance(moment, Bad) else str(moment.isoformat(" "))


def _faults(columns: Iterable[Sequence[Any]]) -> dict[int, str]:
    """Index of a row → its first fault."""
    faults: dict[int, str] = {}
    for column in columns:
        if Bad in set(map(type, column)):
            for index, value in enumerate(column):
                if type(value) is Bad:
                    faults.setdefault(index, value)
    return dict(sorted(faults.items()))


def _both(
    quantities: Sequence[int], prices: Sequence[int | None], amounts: Sequence[int | None]
) -> tuple[list[int], list[int]]:
    """The sum decides; what it does not say follows from quantity and price, and back."""
    sums = [
        (quantity * (price or 0)) if amount is None else amount
        for quantity, price, amount in zip(quantities, prices, amounts, strict=True)
    ]
    pieces = [
        abs(round(amount / quantity)) if price is None else price
        for quantity, price, amount in zip(quantities, prices, sums, strict=True)
    ]
    return sums, pieces
