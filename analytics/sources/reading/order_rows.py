"""Rows of an order file into COPY data of the stage, column by column."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from analytics.sources.reading.chunks import Chunk, Row
from analytics.sources.reading.order_columns import (
    Codes,
    Column,
    as_csv,
    first_combinations,
    first_faults,
    places_in_runs,
)
from analytics.sources.reading.rejects import Rejects
from analytics.sources.reading.text import open_quote
from analytics.sources.reading.values import (
    Bad,
    Remembered,
    code_of,
    moments,
    money,
    text_field,
    whole,
)

_NOTED = 300_000  # names and people remembered, so as not to write them again and again
_SEEN_ORDERS = 100_000
# what the file gives of a line, in the order of `_lines`
LINE_COLUMNS = ("row_no", "number", "ext", "ts", "customer", "product", "quantity", "price",
                "amount", "discount", "cost", "is_return")  # fmt: skip


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
    """COPY data (CSV) of a chunk: lines of orders, products and people named the first time."""

    lines: bytes = b""
    products: bytes = b""
    people: bytes = b""


@dataclass(slots=True)
class Seen:
    """Counts over all rows, refused ones included."""

    rows: int = 0
    without_customer: int = 0
    damaged_orders: set[str] = field(default_factory=set)  # some of their rows were refused


def _priced(values: Remembered, *, keep_zero: bool, may_be_negative: bool) -> Remembered:
    def work(text: str) -> Any:
        value = values[text]
        if value is None or isinstance(value, Bad) or value > 0:
            return value
        if value < 0:
            return value if may_be_negative else Bad("negative_price")
        return value if keep_zero else Bad("zero_price")

    return Remembered(work)


def _readers(mapping: Mapping[str, int], rules: OrderRules) -> dict[str, Remembered]:
    keep = rules.keep_zero_price
    order = text_field(100)
    dates = moments(rules.zone, rules.date_order, rules.now, required=True)
    return {
        "order": Remembered(lambda text: Bad("no_order") if order[text] is None else order[text]),
        "ts": Remembered(lambda text: _stamp(dates[text])),
        "customer": text_field(200, code_of),
        "product": text_field(100),
        "quantity": Remembered(whole),
        "price": _priced(
            money("bad_price", required="amount" not in mapping),
            keep_zero=keep, may_be_negative=False,
        ),
        "amount": _priced(
            money("bad_amount", required="price" not in mapping),
            keep_zero=keep, may_be_negative=True,
        ),
        "discount": money("bad_discount", required=False),
        "cost": money("bad_cost", required=False),
    }  # fmt: skip


def _stamp(moment: Any) -> str:
    return moment if isinstance(moment, Bad) else str(moment.isoformat(" "))


class OrderRows:
    """Turns chunks into `Blocks`; counts what it saw and puts aside what it refuses."""

    def __init__(
        self, columns: Sequence[str], mapping: Mapping[str, int], rules: OrderRules,
        rejects: Rejects,
    ) -> None:  # fmt: skip
        self.width = len(columns)
        self.rejects = rejects
        self.seen = Seen()
        self._mapping = mapping
        self._readers = _readers(mapping, rules)
        self._prefix = rules.return_prefix
        self._names = Remembered(lambda text: text.replace("\x00", "").strip()[:300] or None)
        self._noted: set[tuple[Any, ...]] = set()
        self._counter = 0
        self._last: tuple[str, int] = ("", 0)  # the order the chunk before ended with, its place

    def take(self, chunk: Chunk) -> Blocks:
        numbers, table = self._fitting(chunk)
        count = len(numbers)
        if not count:
            return Blocks()
        columns = {key: self._column(key, table, count) for key in self._readers}
        self.seen.rows += count
        self.seen.without_customer += int(columns["customer"].missing().sum())
        faults = first_faults(columns, count)
        if faults:
            self._refuse(faults, numbers, table)
            good = np.ones(count, dtype=bool)
            good[list(faults)] = False
            numbers, table = numbers[good], table.filter(pa.array(good))
            columns = {key: column.kept(good) for key, column in columns.items()}
        if not len(numbers):
            return Blocks()
        return Blocks(
            self._lines(numbers, columns), self._products(table, columns),
            self._people(table, columns),
        )  # fmt: skip

    def _fitting(self, chunk: Chunk) -> tuple[Codes, pa.Table]:
        """Numbers and columns of the rows that have the header's width."""
        if chunk.table is not None:
            return np.arange(chunk.first, chunk.first + len(chunk)), chunk.table
        pairs = [
            (number, row)
            for number, row in enumerate(chunk.rows, chunk.first)
            if len(row) == self.width or self._fits(row, number)
        ]
        columns = list(zip(*(row for _number, row in pairs), strict=True))
        names = [f"f{index}" for index in range(len(columns))]
        numbers = np.array([number for number, _row in pairs], dtype=np.int64)
        return numbers, pa.table([pa.array(column, pa.string()) for column in columns], names)

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

    def _column(self, key: str, table: pa.Table, count: int) -> Column:
        index = self._mapping.get(key)
        if index is not None:
            return Column.read(table.column(index), self._readers[key])
        return Column.constant(1 if key == "quantity" else None, count)

    def _refuse(self, faults: Mapping[int, str], numbers: Codes, table: pa.Table) -> None:
        refused = table.take(pa.array(list(faults)))
        rows = zip(*(column.to_pylist() for column in refused.columns), strict=True)
        at = self._mapping["order"]
        for (index, reason), row in zip(faults.items(), rows, strict=True):
            if not any(cell.strip() for cell in row):
                self.seen.rows -= 1
                self.seen.without_customer -= "customer" in self._mapping
                continue
            if reason != "zero_price" and len(self.seen.damaged_orders) < _SEEN_ORDERS:
                self.seen.damaged_orders.add(row[at].strip())
            self.rejects.add(int(numbers[index]), reason, row)

    def _lines(self, numbers: Codes, columns: Mapping[str, Column]) -> bytes:
        quantity, price, amount = columns["quantity"], columns["price"], columns["amount"]
        pieces = quantity.numbers(1)
        sums = np.where(amount.missing(), pieces * price.numbers(), amount.numbers())
        # a price that the file does not say follows from the sum
        prices = np.where(price.missing(), np.abs(np.rint(sums / pieces)), price.numbers())
        cost = columns["cost"]
        costs = pa.array(pieces * cost.numbers(), mask=cost.missing())
        order = columns["order"]
        marks = [True if self._is_return(name) else None for name in order.values]
        return as_csv({
            "row_no": numbers, "number": self._places(order), "ext": order.mapped(pa.string()),
            "ts": columns["ts"].mapped(pa.string()),
            "customer": columns["customer"].mapped(pa.string()),
            "product": columns["product"].mapped(pa.string()),
            "quantity": pieces, "price": prices.astype(np.int64), "amount": sums,
            "discount": columns["discount"].numbers(), "cost": costs,
            "is_return": Column(order.codes, marks).mapped(pa.bool_()),
        })  # fmt: skip

    def _is_return(self, order: str) -> bool:
        return bool(self._prefix) and order.startswith(self._prefix)

    def _places(self, order: Column) -> Codes:
        """The place of each row in its order, over chunks too while the run goes on."""
        places = places_in_runs(order.codes)
        name, place = self._last
        if order.values[order.codes[0]] == name:
            first_run = order.codes == order.codes[0]
            first_run &= np.cumprod(first_run).astype(bool)
            places[first_run] += place
        self._last = (order.values[order.codes[-1]], int(places[-1]))
        return places

    def _texts(self, key: str, table: pa.Table) -> Column:
        index = self._mapping.get(key)
        if index is None:
            return Column.constant(None, table.num_rows)
        return Column.read(table.column(index), self._names)

    def _fresh(self, kind: str, columns: list[Column]) -> list[tuple[Any, ...]]:
        """Combinations not written before; a first value of None names nobody."""
        found = [
            row for row in first_combinations(columns)
            if row[0] is not None and (kind, *row) not in self._noted
        ]  # fmt: skip
        if len(self._noted) > _NOTED:
            self._noted.clear()
        self._noted.update((kind, *row) for row in found)
        return found

    def _products(self, table: pa.Table, columns: Mapping[str, Column]) -> bytes:
        texts = [self._texts("name", table), self._texts("category", table)]
        return self._noted_csv(
            self._fresh("product", [columns["product"], *texts, columns["cost"]]), 0
        )

    def _people(self, table: pa.Table, columns: Mapping[str, Column]) -> bytes:
        if not {"city", "country"} & set(self._mapping):
            return b""
        texts = [self._texts("city", table), self._texts("country", table)]
        return self._noted_csv(self._fresh("person", [columns["customer"], *texts]), 3)

    def _noted_csv(self, rows: list[tuple[Any, ...]], at: int) -> bytes:
        """The rows with a running number as their column `at`."""
        if not rows:
            return b""
        start, self._counter = self._counter, self._counter + len(rows)
        columns: list[Any] = [list(column) for column in zip(*rows, strict=True)]
        columns.insert(at, list(range(start, self._counter)))
        return as_csv({f"f{index}": pa.array(column) for index, column in enumerate(columns)})
