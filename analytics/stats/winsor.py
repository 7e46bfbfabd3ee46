"""Capping of outliers, off unless it was registered before the start.

The cap c is a quantile of both arms pooled, and the estimand changes to the mean of min(y, c): the
label must say "orders above c count as c". It costs effect (a true +10 % loses 10 % of itself at
the 99.9 % cap and 32 % at 99 %), so it never enters the profit ledger. Prefer the pre-period
(``cuped``) and the largest buyers reported apart, chosen before the start.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.stats.sums import flat


@dataclass(frozen=True, slots=True, kw_only=True)
class Winsorised:
    treated: NDArray[np.float64]
    control: NDArray[np.float64]
    cap: float
    capped_treated: int
    """Customers above the cap, to be shown beside the result."""
    capped_control: int


def winsorise(treated: ArrayLike, control: ArrayLike, *, quantile: float) -> Winsorised:
    """Cap both arms at the pooled quantile (linear interpolation between order statistics).

    Raises ``ValueError`` without any customers or for a quantile outside (0, 1].
    """
    t, c = flat(treated), flat(control)
    if not 0 < quantile <= 1:
        raise ValueError(f"quantile must lie in (0, 1], not {quantile}")
    if not t.size + c.size:
        raise ValueError("there are no values to take a quantile of")
    cap = float(np.quantile(np.concatenate([t, c]), quantile))
    return Winsorised(
        treated=np.minimum(t, cap),
        control=np.minimum(c, cap),
        cap=cap,
        capped_treated=int((t > cap).sum()),
        capped_control=int((c > cap).sum()),
    )
