"""The simulated shop as CSV files for the product's own import; one chunk in memory at a time."""

import csv
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvm_platform.demo.coffee.baskets import Orders
from cvm_platform.demo.coffee.catalog import Catalog
from cvm_platform.demo.coffee.streams import Columns

_MOMENTS = frozenset(
    {"at", "sold_at", "joined_at", "given_at", "ended_at", "opened_at", "clicked_at", "left_at"}
)
_MONEY = frozenset({"price", "cost", "amount", "discount", "revenue"})
_EPOCH = date(1970, 1, 1)


def write_table(path: Path, chunks: Iterable[Columns]) -> int:
    """Write chunks as CSV (UTF-8, comma) and return the rows.

    Moments become ISO times in UTC, empty for 0; money becomes rubles with two decimals.
    """
    rows = 0
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        for number, chunk in enumerate(chunks):
            if number == 0:
                writer.writerow(chunk)
            texts = [_texts(name, values) for name, values in chunk.items()]
            writer.writerows(zip(*texts, strict=True))
            rows += len(texts[0])
    return rows


def people_for_import(chunks: Iterable[Columns]) -> Iterator[Columns]:
    """Customers with the birthday as a date or nothing, in place of its two columns."""
    for chunk in chunks:
        people = dict(chunk)
        known = people.pop("has_birth_day")
        days = people.pop("birth_day")
        birthday = [
            str(_EPOCH + timedelta(days=day)) if has else ""
            for day, has in zip(days.tolist(), known.tolist(), strict=True)
        ]
        yield {**people, "birthday": np.array(birthday)}


def lines_for_import(chunks: Iterable[Orders], catalog: Catalog) -> Iterator[Columns]:
    """One row an order line, the order's own columns repeated, as shops export them.

    Walk-ins have an empty customer_no.
    """
    products = catalog.columns()
    for chunk in chunks:
        orders, lines = chunk.orders, chunk.lines
        sizes = orders["lines"]
        customer = np.repeat(orders["customer_no"], sizes)
        product = lines["product_no"] - 1
        yield {
            "order_no": lines["order_no"],
            "at": np.repeat(orders["at"], sizes),
            "customer_no": np.where(customer == 0, "", customer.astype(np.str_)),
            "line": lines["number"],
            "product_no": lines["product_no"],
            "product": products["name"][product],
            "category": products["category"][product],
            "quantity": lines["quantity"],
            "price": lines["price"],
            "discount": lines["discount"],
            "amount": lines["amount"],
            "cost": lines["cost"],
            "return_of": np.repeat(orders["return_of"], sizes),
        }


def _texts(name: str, values: NDArray[Any]) -> list[Any]:
    plain: list[Any] = values.tolist()
    if name in _MOMENTS:
        return [datetime.fromtimestamp(at, UTC).isoformat() if at else "" for at in plain]
    if name in _MONEY:
        return [_rubles(kopecks) for kopecks in plain]
    return plain


def _rubles(kopecks: int) -> str:
    whole, rest = divmod(abs(kopecks), 100)
    return f"{'-' if kopecks < 0 else ''}{whole}.{rest:02}"
