"""A piece of a file: either columns that pyarrow has read, or rows that the csv module has."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa

Row = list[str]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive rows of a file; `first` is the number of the first one, the header being 1."""

    first: int
    table: pa.Table | None = None  # all columns texts; every row has the same width
    rows: Sequence[Row] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.rows) if self.table is None else int(self.table.num_rows)

    def from_row(self, number: int) -> "Chunk":
        """Without the rows before row `number`."""
        skip = max(number - self.first, 0)
        if not skip:
            return self
        if self.table is not None:
            return Chunk(self.first + skip, self.table.slice(skip))
        return Chunk(self.first + skip, None, self.rows[skip:])

    def as_rows(self) -> Sequence[Row]:
        if self.table is None:
            return self.rows
        columns = [column.to_pylist() for column in self.table.columns]
        return [list(row) for row in zip(*columns, strict=True)]
