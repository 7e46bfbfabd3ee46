"""Many rows in one statement: arrays for thousands of rows, COPY for more."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
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


def copy_texts(table: str, columns: Sequence[str], same: str, texts: Sequence[str]) -> None:
    """COPY of two columns, `same` and each of `texts`: one block, a tenth of the time of rows.

    Texts have no zero bytes, which no column of text could hold either.
    """
    lines = "\0".join([same, *texts])
    for plain, escaped in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
        lines = lines.replace(plain, escaped)
    first, _zero, rest = lines.partition("\0")
    block = f"{first}\t" + rest.replace("\0", f"\n{first}\t") + "\n"
    names = ", ".join(columns)
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        copy.write(block)


def columns_of(rows: Sequence[Sequence[Any]], width: int) -> list[list[Any]]:
    """Rows turned into columns, for `unnest`; `width` empty lists when there are no rows."""
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]


def text_array(texts: Iterable[str]) -> str:
    """An array's literal for `%s::text[]`: a third of the time of adapting a list.

    Texts have no zero bytes, which no column of text could hold either.
    """
    listed = list(texts)
    quoted = "\0".join(listed).replace("\\", "\\\\").replace('"', '\\"').replace("\0", '","')
    return f'{{"{quoted}"}}' if listed else "{}"


def plain_array(values: Iterable[object]) -> str:
    """The same for numbers and moments, whose text needs no quotes; None is NULL."""
    return "{" + ",".join("NULL" if value is None else str(value) for value in values) + "}"


def lock_tenant(name: str, *, is_shared: bool = False) -> None:
    """Waits for the tenant's lock `name` and holds it to the end of the transaction.

    Holders of a shared lock do not wait for each other.
    """
    run(
        f"SELECT pg_advisory_xact_lock{'_shared' * is_shared}(hashtextextended(%s, 0))",
        [f"{connection.schema_name}:{name}"],
    )


# One process of ours is one of the server's: who counts a million leaves the rest to the others.
_ONE_PASS = {
    "enable_nestloop": "off", "work_mem": "'64MB'", "max_parallel_workers_per_gather": "0",
}  # fmt: skip


@contextmanager
def one_pass() -> Iterator[None]:
    """For statements that join whole tables by equalities: hashes and sorts in memory, no loops.

    Of tables that were filled a moment ago, or were empty when they were analysed, the planner
    knows nothing and takes a million rows for one. A loop over that one row never ends.

    Raises:
        RuntimeError: outside a transaction, with which these settings end.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("These settings last as long as a transaction, and there is none.")
    run("; ".join(f"SET LOCAL {name} = {value}" for name, value in _ONE_PASS.items()))
    yield
    run("; ".join(f"SET LOCAL {name} = DEFAULT" for name in _ONE_PASS))
