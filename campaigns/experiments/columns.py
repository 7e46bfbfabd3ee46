"""Whole columns between PostgreSQL and NumPy: binary COPY of 64-bit integers, no row in Python."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
from django.db import connection
from numpy.typing import NDArray
from psycopg import ClientCursor, sql

_HEADER = 19  # signature, flags, length of the extension
_TRAILER = 2
_START = b"PGCOPY\n\xff\r\n\x00" + bytes(8)


def _row_type(names: Sequence[str]) -> np.dtype[np.void]:
    fields: list[tuple[str, str]] = [("_count", ">i2")]
    for name in names:
        fields += [(f"_{name}", ">i4"), (name, ">i8")]
    return np.dtype(fields)


def read_columns(
    query: str, params: Mapping[str, Any], names: Sequence[str]
) -> dict[str, NDArray[np.int64]]:
    """The result of `query`, whose columns are bigint without NULL, in the order of `names`."""
    raw = bytearray()
    with connection.cursor() as cursor:
        # COPY takes no server-side parameters: psycopg writes them into the text, quoted
        client = ClientCursor(cursor.connection)
        text = client.mogrify(query, params)
        with cursor.cursor.copy(f"COPY ({text}) TO STDOUT (FORMAT BINARY)") as copy:
            for chunk in copy:
                raw += chunk
    body = memoryview(raw)[_HEADER : len(raw) - _TRAILER]
    rows = np.frombuffer(body, dtype=_row_type(names))
    return {name: rows[name].astype(np.int64) for name in names}


def write_columns(table: str, columns: Mapping[str, NDArray[np.int64]]) -> None:
    """Appends rows to a (temporary) table with bigint columns."""
    names = list(columns)
    rows = np.empty(len(next(iter(columns.values()))), dtype=_row_type(names))
    rows["_count"] = len(names)
    for name in names:
        rows[f"_{name}"] = 8
        rows[name] = columns[name]
    target = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    with connection.cursor() as cursor, cast("Any", cursor.cursor).copy(target) as copy:
        copy.write(_START)
        copy.write(rows.tobytes())
        copy.write(b"\xff\xff")
