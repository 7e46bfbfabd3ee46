"""Shapes of the RFM answer: cells, presets, sums."""

from dataclasses import dataclass

SCORES = (1, 2, 3, 4, 5)
# money of fewer people than this is theirs, not an aggregate: the agency does not see it
SMALL = 10


@dataclass(frozen=True, slots=True)
class Sums:
    """Buyers and their money; revenue and margin in minor units, net of returns."""

    customers: int = 0
    revenue: int = 0
    margin: int = 0

    @property
    def is_small(self) -> bool:
        return 0 < self.customers < SMALL

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            self.customers + other.customers,
            self.revenue + other.revenue,
            self.margin + other.margin,
        )


@dataclass(frozen=True, slots=True)
class Cell:
    """One of 125 cells; scores run from 1 (worst) to 5 (best)."""

    recency: int
    frequency: int
    monetary: int
    preset: str
    sums: Sums
