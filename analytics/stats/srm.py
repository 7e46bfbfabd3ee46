"""Sample ratio mismatch: do the arms have the sizes that were drawn?

chi^2 = sum (observed - expected)^2 / expected, df = arms - 1, on the customers assigned and again
on the customers analysed. p < .01 warns, p < .001 refuses the verdict: something removes customers
from one arm, and no estimator repairs that. A stratified draw is exact by construction, so there
only the analysed counts tell anything.

That test is for verdict time. A daily monitor would fire by repetition, so it uses the Dirichlet
e-value, valid at every look; alarm at e >= 100.

Sources: Fabijan et al. 2019, Diagnosing sample ratio mismatch in online controlled experiments;
Lindon & Malek 2022, Anytime-valid inference for multinomial count data.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from scipy import special

WARN_BELOW = 0.01
REFUSE_BELOW = 0.001
ALARM_AT = 100.0
CONCENTRATION = 100.0


class SrmLevel(StrEnum):
    OK = "ok"
    WARN = "warn"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class SrmResult:
    """``p_value`` is ``None`` when nobody is assigned yet."""

    chi2: float | None
    df: int
    p_value: float | None
    level: SrmLevel
    observed: tuple[int, ...]
    expected: tuple[float, ...]


def srm_test(counts: Sequence[int], weights: Sequence[float]) -> SrmResult:
    """Chi-square test of arm sizes against registered weights (any positive scale)."""
    shares = _shares(counts, weights)
    n = sum(counts)
    expected = tuple(n * share for share in shares)
    df = len(counts) - 1
    chi2 = p_value = None
    if n:
        pairs = zip(counts, expected, strict=True)
        chi2 = math.fsum((observed - due) ** 2 / due for observed, due in pairs)
        p_value = float(special.chdtrc(df, chi2))
    return SrmResult(
        chi2=chi2,
        df=df,
        p_value=p_value,
        level=_level(p_value),
        observed=tuple(counts),
        expected=expected,
    )


def srm_e_value(
    counts: Sequence[int], weights: Sequence[float], *, concentration: float = CONCENTRATION
) -> float:
    """Evidence against the registered weights, to be looked at any time; alarm at 100.

    e = Gamma(c)/Gamma(c+n) prod Gamma(c w_i + n_i)/Gamma(c w_i) prod w_i^-n_i, c = concentration.
    Infinite when the evidence leaves the range of a double.
    """
    shares = _shares(counts, weights)
    n = sum(counts)
    log_e = math.lgamma(concentration) - math.lgamma(concentration + n)
    for count, share in zip(counts, shares, strict=True):
        prior = concentration * share
        log_e += math.lgamma(prior + count) - math.lgamma(prior) - count * math.log(share)
    try:
        return math.exp(log_e)
    except OverflowError:
        return math.inf


def srm_sample_size(
    lost: float, share: float, *, alpha: float = REFUSE_BELOW, power: float = 0.8
) -> float:
    """Customers needed to notice that the arm with this share lost a part ``lost`` of itself.

    N = (z_{1-alpha/2} + z_power)^2 / (lost^2 share (1 - share)). Below that size a passed test
    proves little, and the page should say so.
    """
    z = float(special.ndtri(1 - alpha / 2) + special.ndtri(power))
    return z * z / (lost * lost * share * (1 - share))


def _shares(counts: Sequence[int], weights: Sequence[float]) -> tuple[float, ...]:
    if len(counts) != len(weights) or len(counts) < 2:
        raise ValueError("two arms or more are needed, each with a weight")
    if min(weights) <= 0 or min(counts) < 0:
        raise ValueError("weights must be positive and counts not negative")
    total = math.fsum(weights)
    return tuple(weight / total for weight in weights)


def _level(p_value: float | None) -> SrmLevel:
    if p_value is None or p_value >= WARN_BELOW:
        return SrmLevel.OK
    return SrmLevel.REFUSE if p_value < REFUSE_BELOW else SrmLevel.WARN
