"""Effect on those who were actually reached.

effect = D / (e_t - e_c), e = share exposed in each arm, se = se_D / (e_t - e_c); Fieller's interval
when e_t - e_c < 0.2, because then the error of the denominator matters. Valid only if assignment
acts through exposure alone and nobody does the opposite of his arm. Comparing the opened with the
not opened, or the reached with the control, is no substitute: it selects.

Source: Imbens & Angrist 1994, Identification and estimation of local average treatment effects.
"""

from dataclasses import dataclass

from analytics.stats.ratios import fieller_interval
from analytics.stats.results import Caution, Comparison, Interval, Method, ReachedEffect

CLEAR_CONTRAST = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """Exposed customers of one arm of the comparison.

    ``mean_exposed`` is the mean metric among them (adjusted, if the comparison is); it gives the
    covariance of D with the shares. Without it that covariance is taken as 0, which widens the
    interval when buyers are reached more easily.
    """

    exposed: int
    mean_exposed: float | None = None


def effect_on_reached(
    comparison: Comparison, treated: Exposure, control: Exposure
) -> ReachedEffect:
    """Scale an intention-to-treat comparison to the exposed; no contrast gives ``None``."""
    for exposure, n in ((treated, comparison.n_treated), (control, comparison.n_control)):
        if not 0 <= exposure.exposed <= n:
            raise ValueError(f"{exposure.exposed} exposed among {n} customers")
    e_t = treated.exposed / max(comparison.n_treated, 1)
    e_c = control.exposed / max(comparison.n_control, 1)
    contrast = e_t - e_c
    is_clear = contrast >= CLEAR_CONTRAST
    method = Method.SCALED if is_clear else Method.FIELLER
    if comparison.difference is None or comparison.interval is None or contrast <= 0:
        return ReachedEffect(
            effect=None,
            interval=None,
            method=method,
            exposed_treated=e_t,
            exposed_control=e_c,
            warnings=comparison.warnings if contrast > 0 else (Caution.NO_CONTRAST,),
        )
    if is_clear:
        interval: Interval | None = Interval(
            comparison.interval.low / contrast, comparison.interval.high / contrast
        )
    else:
        interval = _fieller(comparison, treated, control, e_t, e_c)
    return ReachedEffect(
        effect=comparison.difference / contrast,
        interval=interval,
        method=method,
        exposed_treated=e_t,
        exposed_control=e_c,
        warnings=comparison.warnings if interval else (*comparison.warnings, Caution.NO_CONTRAST),
    )


def _fieller(
    comparison: Comparison, treated: Exposure, control: Exposure, e_t: float, e_c: float
) -> Interval | None:
    n_t, n_c = comparison.n_treated, comparison.n_control
    cov = _covariance(treated, e_t, comparison.mean_treated, n_t)
    cov += _covariance(control, e_c, comparison.mean_control, n_c)
    return fieller_interval(
        comparison.difference or 0.0,
        e_t - e_c,
        var_a=(comparison.se or 0.0) ** 2,
        var_b=e_t * (1 - e_t) / (n_t - 1) + e_c * (1 - e_c) / (n_c - 1),
        cov=cov,
        alpha=comparison.alpha,
    )


def _covariance(exposure: Exposure, share: float, mean: float | None, n: int) -> float:
    """Of an arm's mean metric and its share exposed: e (mean of exposed - mean) / (n - 1)."""
    if exposure.mean_exposed is None or mean is None:
        return 0.0
    return share * (exposure.mean_exposed - mean) / (n - 1)
