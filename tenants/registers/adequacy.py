"""Which countries protect people's rights adequately on a day: dated data, not code."""

import json
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

_FILE = Path(__file__).parent / "data" / "adequacy.json"


@dataclass(frozen=True, slots=True)
class Row:
    country: str
    since: date
    until: date | None  # the first day on which it no longer holds
    source: str


@lru_cache(maxsize=1)
def _rows() -> tuple[Row, ...]:
    data = json.loads(_FILE.read_text(encoding="utf-8"))
    return tuple(
        Row(
            row["country"], date.fromisoformat(row["from"]),
            date.fromisoformat(row["until"]) if row["until"] else None, row["source"],
        )
        for row in data["countries"]
    )  # fmt: skip


def is_adequate(country: str, day: date) -> bool:
    """Unknown means no: the transfer then waits for the regulator's review."""
    return any(
        row.country == country and row.since <= day and (row.until is None or day < row.until)
        for row in _rows()
    )
