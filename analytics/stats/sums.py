"""Sums of an arm and the central moments made from them.

Everything ``compare`` needs about an arm is a dozen sums, so a database can deliver them and no
customer row has to travel. Sums of squares and cubes lose digits when the mean is large against
the spread; two things prevent that: sums may be taken around a shift constant (recorded beside
them), and central moments are formed in exact rational arithmetic, so integer kopecks summed by
PostgreSQL (``numeric``) lose nothing at all.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.stats.results import Caution

Number = int | float | Decimal

LARGEST_SUM = 1e60
"""Beyond this no sum is money; fourth powers of it would leave the range of a double."""
SMALLEST_VARIANCE = 1e-40
ROUNDING_OF_SUMS = 1e-14
"""A sum of squares of floats below this share of its uncentred self is rounding, not spread."""
ROUNDING_OF_VALUES = 8 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmSums:
    """Sums over the customers of one arm: y is the metric, x the same metric before the start.

    ``y2`` is the sum of (y - y_shift)**2, ``x2y`` of (x - x_shift)**2 * (y - y_shift), and so on.
    Money may be integers or ``Decimal`` (kopecks): then the arithmetic is exact. ``buyers`` counts
    customers with at least one order in the window. Arms may have different shifts.
    """

    n: int
    y: Number = 0
    y2: Number = 0
    y3: Number = 0
    x: Number = 0
    x2: Number = 0
    xy: Number = 0
    x3: Number = 0
    x2y: Number = 0
    xy2: Number = 0
    buyers: int = 0
    y_shift: Number = 0
    x_shift: Number = 0

    def __post_init__(self) -> None:
        """A negative count is a broken query, not bad data: raises ``ValueError``."""
        if self.n < 0 or self.buyers < 0 or self.buyers > self.n:
            raise ValueError(f"impossible counts: {self.buyers} buyers among {self.n} customers")

    @classmethod
    def of(
        cls, values: ArrayLike, pre: ArrayLike | None = None, *, buyers: int | None = None
    ) -> "ArmSums":
        """Sums of arrays, each centred on its own mean; buyers default to non-zero values."""
        y = flat(values)
        x = np.zeros_like(y) if pre is None else flat(pre)
        if x.size != y.size:
            raise ValueError(f"{x.size} pre-period values for {y.size} customers")
        counted = int(np.count_nonzero(y)) if buyers is None else buyers
        if y.size == 0:
            return cls(n=0, buyers=counted)
        with np.errstate(over="ignore", invalid="ignore"):
            y_shift, x_shift = float(y.mean()), float(x.mean())
            dy, dx = y - y_shift, x - x_shift
            dy2, dx2 = dy * dy, dx * dx
            return cls(
                n=y.size,
                y=float(dy.sum()),
                y2=float(dy2.sum()),
                y3=float((dy2 * dy).sum()),
                x=float(dx.sum()),
                x2=float(dx2.sum()),
                xy=float((dx * dy).sum()),
                x3=float((dx2 * dx).sum()),
                x2y=float((dx2 * dy).sum()),
                xy2=float((dx * dy2).sum()),
                buyers=counted,
                y_shift=y_shift,
                x_shift=x_shift,
            )

    def numbers(self) -> tuple[Number, ...]:
        return (
            *(self.y, self.y2, self.y3, self.x, self.x2, self.xy),
            *(self.x3, self.x2y, self.xy2, self.y_shift, self.x_shift),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """Means and sums of centred products of one arm: ``xyy`` is the sum of (x-mx)(y-my)**2."""

    n: int
    mean: float
    yy: float
    yyy: float
    mean_x: float = 0.0
    xx: float = 0.0
    xy: float = 0.0
    xxx: float = 0.0
    xxy: float = 0.0
    xyy: float = 0.0

    @property
    def variance(self) -> float:
        """Sample variance (ddof 1); the caller has seen to n >= 2."""
        return self.yy / (self.n - 1)

    @property
    def variance_of_mean(self) -> float:
        return self.variance / self.n


Pair = tuple[Moments, Moments]
"""Treated and control of one stratum."""


def flat(values: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(values, dtype=np.float64).reshape(-1)


def caution_about(arms: Sequence[ArmSums]) -> Caution | None:
    """The first reason why these arms cannot be compared, or ``None``."""
    if any(arm.n == 0 for arm in arms):
        return Caution.EMPTY_ARM
    if not all(is_usable(number) for arm in arms for number in arm.numbers()):
        return Caution.NOT_FINITE
    return None


def is_usable(number: Number) -> bool:
    """Finite and within the range of money; an int may exceed every float, so it goes apart."""
    if isinstance(number, int):
        return -LARGEST_SUM <= number <= LARGEST_SUM
    value = float(number)
    return math.isfinite(value) and abs(value) <= LARGEST_SUM


def central_moments(sums: ArmSums) -> Moments:
    """Centre the sums exactly; spread that is only rounding becomes zero.

    Expects n >= 1 and usable numbers (``caution_about``).
    """
    n = sums.n
    y, y2, y3, x, x2, xy, x3, x2y, xy2, y_shift, x_shift = map(Fraction, sums.numbers())
    a, b = y / n, x / n
    yy, xx = y2 - n * a * a, x2 - n * b * b
    has_floats = any(isinstance(number, float) for number in sums.numbers())
    lost = ROUNDING_OF_SUMS if has_floats else 0.0
    flat_y = _is_rounding(yy, lost * float(y2), y_shift + a, n)
    flat_x = _is_rounding(xx, lost * float(x2), x_shift + b, n)
    flat_any = flat_y or flat_x
    return Moments(
        n=n,
        mean=float(y_shift + a),
        yy=0.0 if flat_y else float(yy),
        yyy=0.0 if flat_y else float(y3 - 3 * a * y2 + 2 * n * a**3),
        mean_x=float(x_shift + b),
        xx=0.0 if flat_x else float(xx),
        xy=0.0 if flat_any else float(xy - n * a * b),
        xxx=0.0 if flat_x else float(x3 - 3 * b * x2 + 2 * n * b**3),
        xxy=0.0 if flat_any else float(x2y - a * x2 - 2 * b * xy + 2 * n * a * b * b),
        xyy=0.0 if flat_any else float(xy2 - b * y2 - 2 * a * xy + 2 * n * a * a * b),
    )


def _is_rounding(squares: Fraction, lost: float, mean: Fraction, n: int) -> bool:
    """Is this centred sum of squares no more than what summing and storing may have lost?"""
    floor = max(lost, n * (ROUNDING_OF_VALUES * float(mean)) ** 2, SMALLEST_VARIANCE * n)
    return float(squares) <= floor
