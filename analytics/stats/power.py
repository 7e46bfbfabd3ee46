"""How small an effect can be seen, how many customers it takes, how long to wait.

MDE = (z_{1-alpha/2} + z_power) sigma sqrt(1/n_t + 1/n_c);  N = (same)^2 sigma^2 / (delta^2 q(1-q)).
A pre-period of correlation rho turns sigma into sigma sqrt(1 - rho^2); clusters multiply the
variance by the design effect 1 + (m-1) ICC. sigma, mean and rho come from the tenant's own history
of the same length, never from a default.

On a fixed base waiting hardly helps: the spread of spend grows with its mean. So there is no
formula for weeks there, only a walk over the history, and an honest "waiting will not help" with
what would.

Source: Kohavi, Tang & Xu 2020, Trustworthy Online Controlled Experiments, ch. 17.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from scipy import special

PLANNED_MODE_FACTOR = 1.068
"""More customers needed when the page may be read while the test runs (alpha = .04 at the end)."""


def design_effect(cluster_size: float, icc: float) -> float:
    """1 + (m - 1) ICC: variance inflation when clusters of m customers are assigned together."""
    return 1 + (cluster_size - 1) * icc


def mde(
    sigma: float,
    n_treated: int,
    n_control: int,
    *,
    alpha: float = 0.05,
    power: float = 0.8,
    rho: float = 0.0,
    inflation: float = 1.0,
) -> float:
    """Smallest effect per customer that is proved with this power; infinite for an empty arm.

    ``sigma`` is the spread of one customer; ``inflation`` multiplies the variance (clusters).
    """
    z = _z_sum(alpha, power)
    return z * _error(sigma, n_treated, n_control, rho=rho, inflation=inflation)


def half_width(
    sigma: float,
    n_treated: int,
    n_control: int,
    *,
    alpha: float = 0.05,
    rho: float = 0.0,
    inflation: float = 1.0,
) -> float:
    """Expected half of the interval; infinite for an empty arm."""
    z = float(special.ndtri(1 - alpha / 2))
    return z * _error(sigma, n_treated, n_control, rho=rho, inflation=inflation)


def sample_size(
    sigma: float,
    effect: float,
    control_share: float,
    *,
    alpha: float = 0.05,
    power: float = 0.8,
    rho: float = 0.0,
    inflation: float = 1.0,
) -> float:
    """Customers in both arms together that prove ``effect`` (not zero) with this power."""
    variance = sigma**2 * (1 - rho**2) * inflation
    spread = effect**2 * control_share * (1 - control_share)
    return _z_sum(alpha, power) ** 2 * variance / spread


def sample_size_shares(
    share_control: float, share_treated: float, *, alpha: float = 0.05, power: float = 0.8
) -> float:
    """Customers per arm (equal arms) that tell two different shares apart."""
    variance = share_control * (1 - share_control) + share_treated * (1 - share_treated)
    return _z_sum(alpha, power) ** 2 * variance / (share_treated - share_control) ** 2


def control_needed(
    sigma: float,
    effect: float,
    total: int,
    *,
    alpha: float = 0.05,
    power: float = 0.8,
    rho: float = 0.0,
) -> int | None:
    """Smallest control among ``total`` customers that proves ``effect``; ``None`` if none does.

    Solves q(1-q) = (z sigma)^2 (1-rho^2) / (effect^2 total) for the smaller root; half of the
    customers is the most a control can use.
    """
    due = sample_size(sigma, effect, 0.5, alpha=alpha, power=power, rho=rho) / 4
    if not total or due / total > 0.25:
        return None
    return math.ceil(total * (1 - math.sqrt(1 - 4 * due / total)) / 2)


def weeks_to_enrol(
    needed: float, complete: int, complete_per_week: float, window_weeks: float
) -> int | None:
    """Weeks until a chain has enough complete windows; ``None`` when nobody arrives.

    (needed - complete) / arrivals per week + the window of the last arrivals, rounded up.
    """
    if complete >= needed:
        return 0
    if complete_per_week <= 0:
        return None
    return math.ceil((needed - complete) / complete_per_week + window_weeks)


class Lever(StrEnum):
    """What narrows an interval when waiting does not, in the order to try."""

    PRE_PERIOD = "pre_period"
    LARGER_CONTROL = "larger_control"
    TOP_APART = "top_apart"
    POOL_CAMPAIGNS = "pool_campaigns"


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryWindow:
    """Spend of the same customers over one window of their history."""

    weeks: int
    mean: float
    sigma: float
    rho: float = 0.0
    """Correlation with the window before it; 0 when the analysis will not adjust."""
    mean_apart: float | None = None
    """Mean and spread without the top 1 % by the pre-period."""
    sigma_apart: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeverEffect:
    """MDE as a share of the mean with this lever; ``amount``: control size or campaigns."""

    lever: Lever
    mde_share: float
    amount: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What more time would bring. ``weeks=None``: waiting will not help, see ``levers``."""

    weeks: int | None
    """Weeks still to wait from now."""
    mde_share: float
    """MDE as a share of the mean, after those weeks or at the best window there is."""
    control_needed: int | None
    levers: tuple[LeverEffect, ...]


def weeks_for_fixed_base(
    history: Sequence[HistoryWindow],
    *,
    n_treated: int,
    n_control: int,
    smallest_share: float,
    adjusted: bool,
    elapsed_weeks: int = 0,
    alpha: float = 0.05,
    power: float = 0.8,
) -> Waiting:
    """First window whose MDE is at most ``smallest_share`` of the mean, or what else would help.

    ``smallest_share`` is the registered smallest interesting effect (0.05 = +5 %); windows that
    have already passed (``elapsed_weeks``) are no reason to wait. Windows without a positive mean
    are passed over. Raises ``ValueError`` when none remains.
    """
    usable = sorted((w for w in history if w.mean > 0), key=lambda window: window.weeks)
    if not usable:
        raise ValueError("the history has no window with spend")
    z = _z_sum(alpha, power)

    def share(window: HistoryWindow) -> float:
        rho = window.rho if adjusted else 0.0
        return z * _error(window.sigma, n_treated, n_control, rho=rho) / window.mean

    for window in usable:
        if window.weeks > elapsed_weeks and share(window) <= smallest_share:
            return Waiting(
                weeks=window.weeks - elapsed_weeks,
                mde_share=share(window),
                control_needed=None,
                levers=(),
            )
    best = min(usable, key=share)
    needed = control_needed(
        best.sigma,
        smallest_share * best.mean,
        n_treated + n_control,
        alpha=alpha,
        power=power,
        rho=best.rho if adjusted else 0.0,
    )
    levers = _levers(best, share(best), n_treated, n_control, smallest_share, adjusted=adjusted)
    return Waiting(weeks=None, mde_share=share(best), control_needed=needed, levers=levers)


def _levers(
    window: HistoryWindow,
    now: float,
    n_treated: int,
    n_control: int,
    smallest_share: float,
    *,
    adjusted: bool,
) -> tuple[LeverEffect, ...]:
    """Every lever alone, from the same starting point; those that do not help are left out."""
    found: list[LeverEffect] = []
    if not adjusted:
        found.append(LeverEffect(lever=Lever.PRE_PERIOD, mde_share=now * _left_by(window.rho)))
    half = (n_treated + n_control) / 2
    if half and n_treated and n_control:
        gain = math.sqrt((2 / half) / (1 / n_treated + 1 / n_control))
        larger = LeverEffect(
            lever=Lever.LARGER_CONTROL, mde_share=now * gain, amount=math.floor(half)
        )
        found.append(larger)
    if window.mean_apart and window.sigma_apart:
        narrower = (window.sigma_apart / window.mean_apart) / (window.sigma / window.mean)
        found.append(LeverEffect(lever=Lever.TOP_APART, mde_share=now * narrower))
    helping = [lever for lever in found if lever.mde_share < now]
    if smallest_share < now < math.inf:
        campaigns = math.ceil((now / smallest_share) ** 2)
        pooled = now / math.sqrt(campaigns)
        helping.append(LeverEffect(lever=Lever.POOL_CAMPAIGNS, mde_share=pooled, amount=campaigns))
    return tuple(helping)


def _z_sum(alpha: float, power: float) -> float:
    """2.801585 for alpha .05 and power .8."""
    return float(special.ndtri(1 - alpha / 2) + special.ndtri(power))


def _left_by(rho: float) -> float:
    """Part of sigma that adjustment by a pre-period leaves."""
    return math.sqrt(1 - rho**2)


def _error(
    sigma: float, n_treated: int, n_control: int, *, rho: float, inflation: float = 1.0
) -> float:
    if not n_treated or not n_control:
        return math.inf
    return sigma * _left_by(rho) * math.sqrt(inflation * (1 / n_treated + 1 / n_control))
