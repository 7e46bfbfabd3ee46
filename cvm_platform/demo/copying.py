"""Whole columns into a table: CSV written in C++ by pyarrow, read by COPY. No row in Python."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
from numpy.typing import NDArray
from psycopg import sql
from pyarrow import csv

from cvm_platform.common.schema import connection

_OPTIONS = csv.WriteOptions(include_header=False, quoting_style="needed")
Column = Any  # a NumPy or pyarrow array, or a list


def nullable(numbers: NDArray[Any]) -> pa.Array:
    """The numbers with NULL in place of 0."""
    return pa.array(numbers, mask=numbers == 0)


def moments(seconds: NDArray[Any]) -> pa.Array:
    """Seconds since 1970 UTC as aware timestamps; 0 becomes NULL."""
    return nullable(seconds).cast(pa.timestamp("s", tz="UTC"))


def constant(value: Any, rows: int) -> pa.Array:
    return pa.repeat(pa.scalar(value), rows)


def copy_columns(table: str, columns: Mapping[str, Column]) -> int:
    """Appends equally long columns by name and returns the rows. An empty text stays one."""
    arrow = pa.table({name: pa.array(values) for name, values in columns.items()})
    target = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor() as cursor, cursor.copy(target.as_string()) as copy:
        csv.write_csv(arrow, _Writer(copy), _OPTIONS)
    return int(arrow.num_rows)


class _Writer:
    """The least of a file that pyarrow writes to."""

    closed = False

    def __init__(self, copy: Any) -> None:
        self._copy = copy

    def write(self, data: bytes) -> int:
        self._copy.write(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True
