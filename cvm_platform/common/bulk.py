"""Many rows in one statement: arrays for thousands of rows, COPY for more."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cvm_platform.common.schema import connection

Params = Sequence[Any] | Mapping[str, Any]


def run(statement: str, params: Params | None = None) -> int:
    """Executes one statement in the tenant and returns the number of rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return int(cursor.rowcount)


def fetch(statement: str, params: Params | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return list(cursor.fetchall())


def copy_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """COPY of Python values. `table` and `columns` are constants of the caller."""
    names = ", ".join(columns)
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def columns_of(rows: Sequence[Sequence[Any]], width: int) -> list[list[Any]]:
    """Rows turned into columns, for `unnest`; `width` empty lists when there are no rows."""
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]


def lock_tenant(name: str) -> None:
    """Waits for the tenant's lock `name` and holds it to the end of the transaction."""
    run(
        "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
        [f"{connection.schema_name}:{name}"],
    )
