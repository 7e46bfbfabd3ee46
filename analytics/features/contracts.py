"""Shapes of the RFM answer: cells, presets, sums."""

from dataclasses import dataclass

from cvm_platform.common import sight

SCORES = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class Sums:
    """Buyers and their money; revenue and margin in minor units, net of returns."""

    customers: int = 0
    revenue: int = 0
    margin: int = 0

    @property
    def is_small(self) -> bool:
        """Too few for who looks now: their money is theirs, not an aggregate."""
        return sight.is_small(self.customers)

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
