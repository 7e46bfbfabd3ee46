"""Many comparisons at once.

Several arms against one control: Holm keeps the chance of any false finding at alpha; report the
intervals at alpha / K. Everything exploratory: Benjamini-Hochberg keeps the expected share of false
findings among those shown.

Sources: Holm 1979, A simple sequentially rejective multiple test procedure; Benjamini & Hochberg
1995, Controlling the false discovery rate.
"""

from collections.abc import Sequence

import numpy as np

from analytics.stats.sums import flat


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjusted p-values in the order given: running maximum of (K - rank) p, at most 1."""
    p = _checked(p_values)
    order = np.argsort(p, kind="stable")
    factors = np.arange(p.size, 0, -1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(p[order] * factors))
    return tuple(adjusted.tolist())


def benjamini_hochberg(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjusted p-values in the order given: running minimum from the largest of p K / rank."""
    p = _checked(p_values)
    order = np.argsort(p, kind="stable")[::-1]
    factors = p.size / np.arange(p.size, 0, -1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum.accumulate(np.minimum(1.0, p[order] * factors))
    return tuple(adjusted.tolist())


def _checked(p_values: Sequence[float]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    p = flat(p_values)
    if not bool(np.all((p >= 0) & (p <= 1))):
        raise ValueError("p-values lie between 0 and 1")
    return p
