"""Months of the events table: made ahead of time, attached without locking anybody out.

`CREATE TABLE (LIKE …)` and `ATTACH` take no lock that readers or writers wait for;
`CREATE … PARTITION OF` would. There is no default partition: what lies outside the months is
refused by ingestion with a reason.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from psycopg import sql

from cvm_platform.common.schema import connection

TABLE = "events_event"
MONTHS_BACK = 36
MONTHS_AHEAD = 3


def month_of(day: date) -> date:
    return day.replace(day=1)


def next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def months_between(first: date, last: date) -> Iterator[date]:
    """First days of the months from `first` to `last`, both included."""
    month = month_of(first)
    while month <= last:
        yield month
        month = next_month(month)


def partition_name(month: date) -> str:
    return f"{TABLE}_{month:%Y_%m}"


def existing_months() -> set[date]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
            "WHERE i.inhparent = %s::regclass",
            [f"{connection.schema_name}.{TABLE}"],
        )
        names = [row[0].removeprefix(f"{TABLE}_") for row in cursor.fetchall()]
    return {date.fromisoformat(f"{name.replace('_', '-')}-01") for name in names}


def months_with_room(months: Iterable[date]) -> set[date]:
    """Those of `months` that have a partition: for a few, a tenth of the cost of listing all."""
    wanted = {f"{connection.schema_name}.{partition_name(month)}": month for month in months}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM unnest(%s::text[]) AS name WHERE to_regclass(name) IS NOT NULL",
            [list(wanted)],
        )
        return {wanted[name] for (name,) in cursor.fetchall()}


def ensure_partitions(first: date, last: date) -> int:
    """Makes the missing months from `first` to `last`; returns how many were made."""
    return ensure_months(months_between(first, last))


def ensure_months(months: Iterable[date]) -> int:
    """Makes those of `months` that are missing; returns how many were made."""
    missing = sorted({month_of(month) for month in months} - existing_months())
    for month in missing:
        name = sql.Identifier(partition_name(month))
        table = sql.Identifier(TABLE)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '3s'")
            cursor.execute(
                sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(name, table).as_string()
            )
            cursor.execute(
                sql.SQL("ALTER TABLE {} ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})")
                .format(
                    table, name,
                    sql.Literal(f"{month:%Y-%m-%d} 00:00:00+00"),
                    sql.Literal(f"{next_month(month):%Y-%m-%d} 00:00:00+00"),
                )
                .as_string()
            )  # fmt: skip
            cursor.execute("RESET lock_timeout")
    return len(missing)


def ensure_usual_partitions(today: date) -> int:
    """Three years back and three months ahead of `today`."""
    first = today.replace(year=today.year - MONTHS_BACK // 12, day=1)
    last = today
    for _step in range(MONTHS_AHEAD):
        last = next_month(month_of(last))
    return ensure_partitions(first, last)
