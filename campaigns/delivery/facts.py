"""What the gate asks of the tables, in two shapes made of the same conditions.

`ByPerson` looks each person up: for hundreds of people among millions. Scalar subqueries, not
EXISTS: that may be planned as a hash over a whole table for one slice. `ByTable` reads every table
once and joins: for an audience that is a good part of the base. Both give the same columns and the
same NULLs; which of them is quicker is all that they differ in.

`ByTable` is to be run in `bulk.one_pass`: every join of it is an equality, and a planner that knows
nothing of freshly loaded tables must not take a million people for one and loop.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one table about a person.

    Args:
        alias: name in the statement; `where` is written with it.
        source: what stands behind FROM, with that alias.
        match: {column: what it equals outside}.
        columns: names to be read of the first row, for `Shape.first`.
        order: which row is the first.

    """

    alias: str
    source: str
    match: Mapping[str, str]
    where: str
    columns: tuple[str, ...] = ()
    order: str = ""

    def equal(self) -> str:
        return " AND ".join(f"{self.alias}.{own} = {other}" for own, other in self.match.items())

    def own(self, names: tuple[str, ...]) -> str:
        return ", ".join(f"{self.alias}.{name}" for name in names)


class Shape(Protocol):
    """How facts are asked for; `joins` grows with every question that needs one."""

    joins: list[str]

    def first(self, rows: Rows, name: str) -> None:
        """Joins the first row as `name`; all NULL where there is none."""

    def known(self, rows: Rows) -> str:
        """An expression: NULL unless there is such a row."""

    def number(self, rows: Rows) -> str:
        """An expression: how many such rows there are."""


@dataclass
class ByPerson:
    """One look at an index per person and fact."""

    joins: list[str] = field(default_factory=list)

    def first(self, rows: Rows, name: str) -> None:
        order = f"ORDER BY {rows.order} " if rows.order else ""
        self.joins.append(
            f"LEFT JOIN LATERAL ( SELECT {rows.own(rows.columns)} FROM {rows.source} "
            f"WHERE {rows.equal()} AND {rows.where} {order}LIMIT 1 ) {name} ON true"
        )

    def known(self, rows: Rows) -> str:
        return f"(SELECT true FROM {rows.source} WHERE {rows.equal()} AND {rows.where} LIMIT 1)"

    def number(self, rows: Rows) -> str:
        return f"( SELECT count(*) FROM {rows.source} WHERE {rows.equal()} AND {rows.where} )"


@dataclass
class ByTable:
    """One pass over each table."""

    joins: list[str] = field(default_factory=list)

    def first(self, rows: Rows, name: str) -> None:
        keys = rows.own(tuple(rows.match))
        order = f", {rows.order}" if rows.order else ""
        read = rows.own(tuple(dict.fromkeys((*rows.match, *rows.columns))))
        self._join(
            f"SELECT DISTINCT ON ({keys}) {read} FROM {rows.source} WHERE {rows.where} "
            f"ORDER BY {keys}{order}", rows, name,
        )  # fmt: skip

    def known(self, rows: Rows) -> str:
        name = self._next(rows)
        keys = rows.own(tuple(rows.match))
        self._join(f"SELECT DISTINCT {keys} FROM {rows.source} WHERE {rows.where}", rows, name)
        return f"{name}.{next(iter(rows.match))}"

    def number(self, rows: Rows) -> str:
        name = self._next(rows)
        keys = rows.own(tuple(rows.match))
        self._join(
            f"SELECT {keys}, count(*) AS number FROM {rows.source} WHERE {rows.where} "
            f"GROUP BY {keys}", rows, name,
        )  # fmt: skip
        return f"COALESCE({name}.number, 0)"

    def _next(self, rows: Rows) -> str:
        return f"{rows.alias}{len(self.joins)}"

    def _join(self, query: str, rows: Rows, name: str) -> None:
        equal = " AND ".join(f"{name}.{own} = {other}" for own, other in rows.match.items())
        self.joins.append(f"LEFT JOIN ({query}) {name} ON {equal}")
