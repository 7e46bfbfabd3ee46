"""Are treated and control alike in what was known before? No Django here.

Standardised mean differences and one Wald chi-square over all of them.
Source: Morgan & Rubin 2012, Rerandomization to improve covariate balance in experiments.
"""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import special

from campaigns.experiments.contracts import Balance


def compare_balance(
    covariates: Mapping[str, NDArray[np.int64]], control: NDArray[np.bool_]
) -> Balance:
    """Differences of the means before the start, treated minus control.

    A covariate without spread is left out; with an empty arm nothing can be compared (p = 1).
    """
    n_control = int(control.sum())
    n_treated = int(control.size) - n_control
    if not n_control or not n_treated:
        return Balance({}, math.inf, 1.0)
    scale = math.sqrt(1 / n_treated + 1 / n_control)
    names, rows, differences = [], [], {}
    for name, values in covariates.items():
        spread = float(np.std(values))
        if spread == 0:
            continue
        standard = (values - np.mean(values)) / spread
        names.append(name)
        rows.append(standard)
        differences[name] = float(standard[~control].mean() - standard[control].mean())
    if not names:
        return Balance({}, 3 * scale, 1.0)
    delta = np.array([differences[name] for name in names])
    correlation = np.atleast_2d(np.corrcoef(np.vstack(rows)))
    inverse = np.linalg.pinv(correlation, hermitian=True, rcond=1e-9)
    wald = float(delta @ inverse @ delta) / scale**2
    rank = int(np.linalg.matrix_rank(correlation, tol=1e-9))
    return Balance(differences, 3 * scale, float(special.chdtrc(rank, wald)))
