"""Columns of texts into columns of values: every distinct text is understood once."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import csv as pa_csv

from analytics.sources.reading.values import Bad, Remembered

_MOST_CODES = 1 << 62
Codes = npt.NDArray[np.int64]
_WRITE = pa_csv.WriteOptions(include_header=False)


@dataclass(frozen=True, slots=True)
class Column:
    """Values by distinct text: `values[codes[row]]` is the value of a row, or a `Bad`."""

    codes: Codes
    values: list[Any]

    @classmethod
    def read(cls, texts: Any, reader: Remembered) -> "Column":
        """`texts`: a pyarrow column of strings."""
        encoded = texts.combine_chunks().dictionary_encode()
        if isinstance(encoded, pa.ChunkedArray):
            encoded = encoded.chunk(0)
        codes = encoded.indices.to_numpy().astype(np.int64)
        return cls(codes, [reader[text] for text in encoded.dictionary.to_pylist()])

    @classmethod
    def constant(cls, value: Any, count: int) -> "Column":
        return cls(np.zeros(count, np.int64), [value])

    def faults(self) -> Codes | None:
        """1 + the index of the row's bad value, 0 where it is good; None: all are good."""
        bad = np.array([type(value) is Bad for value in self.values], dtype=bool)
        return np.where(bad[self.codes], self.codes + 1, 0) if bad.any() else None

    def kept(self, good: npt.NDArray[np.bool_]) -> "Column":
        return Column(self.codes[good], self.values)

    def mapped(self, kind: Any) -> Any:
        """A pyarrow array of the rows' values; bad ones are null."""
        plain = [None if type(value) is Bad else value for value in self.values]
        return pa.array(plain, kind).take(pa.array(self.codes))

    def numbers(self, default: int = 0) -> Codes:
        """The rows' values as 64-bit numbers, `default` where there is none."""
        plain = [default if value is None or type(value) is Bad else value for value in self.values]
        return np.array(plain, dtype=np.int64)[self.codes]

    def missing(self) -> npt.NDArray[np.bool_]:
        return np.array([value is None for value in self.values], dtype=bool)[self.codes]


def first_faults(columns: Mapping[str, Column], count: int) -> dict[int, str]:
    """Row → the reason of its first bad column, for the rows that have one."""
    faults: dict[int, str] = {}
    for column in columns.values():
        marks = column.faults()
        if marks is not None:
            for row in np.flatnonzero(marks):
                faults.setdefault(int(row), str(column.values[int(marks[row]) - 1]))
    return dict(sorted(faults.items()))


def places_in_runs(codes: Codes) -> Codes:
    """1, 2, 3 … inside every uninterrupted run of equal codes."""
    starts = np.flatnonzero(np.diff(codes, prepend=-1))
    lengths = np.diff(np.append(starts, len(codes)))
    return np.arange(len(codes)) - np.repeat(starts, lengths) + 1


def first_combinations(columns: list[Column]) -> list[tuple[Any, ...]]:
    """The distinct combinations of values, in the order they appear."""
    combined, size = np.zeros(len(columns[0].codes), np.int64), 1
    for column in columns:
        if size * len(column.values) > _MOST_CODES:
            _values, combined = np.unique(combined, return_inverse=True)
            size = len(combined)
        combined = combined * len(column.values) + column.codes
        size *= len(column.values)
    _values, rows = np.unique(combined, return_index=True)
    rows.sort()
    return [tuple(column.values[column.codes[row]] for column in columns) for row in rows]


def as_csv(columns: Mapping[str, Any]) -> bytes:
    """The columns as CSV for COPY; null is an empty cell without quotes."""
    table = pa.table(dict(columns))
    if not table.num_rows:
        return b""
    stream = io.BytesIO()
    pa_csv.write_csv(table, stream, _WRITE)
    return stream.getvalue()
