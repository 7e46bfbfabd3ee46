import dataclasses
from typing import Any

import numpy as np
import pytest

from analytics.stats import (
    Comparison,
    Doubt,
    Interval,
    Refusal,
    VerdictCode,
    Waiting,
    compare,
    srm_test,
    total_profit,
    verdict,
)

SOON = Waiting(weeks=6, mde_share=0.04, control_needed=None, levers=())
NEVER = Waiting(weeks=None, mde_share=0.4, control_needed=900, levers=())


def comparison(effect: float, noise: float = 10.0) -> Comparison:
    """1,000 treated, 1,000 controls, everybody buys; error about noise / 22."""
    base = 100 + noise * np.tile([-1.0, 1.0], 500)
    result = compare(base + effect, base)
    assert result.interval is not None
    return result


def test_totals_of_the_treated_minus_fixed_costs() -> None:
    margins_t, margins_c = [120, 0, 340, 90, 0, 210, 560, 80], [100, 0, 150, 0, 60, 0, 230, 40]
    costs_t, costs_c = [4, 4, 38, 13, 4, 25, 60, 12], [0, 0, 5, 0, 0, 0, 10, 0]
    result = compare(np.subtract(margins_t, costs_t), np.subtract(margins_c, costs_c))
    total = total_profit(result, fixed_cost=200)
    assert total is not None
    assert total.point == pytest.approx(475, abs=1e-6)
    assert total.interval == pytest.approx((-722.591274, 1672.591274), abs=1e-6)
    assert total_profit(result) != total


def test_no_totals_without_an_interval() -> None:
    assert total_profit(compare([1.0], [1.0, 2.0])) is None


def test_gain() -> None:
    found = verdict(comparison(5))
    assert found.code is VerdictCode.PROVED_GAIN
    assert (found.reasons, found.doubts) == ((), ())
    assert found.total is not None
    assert found.total.point == pytest.approx(5000)
    assert found.total.interval.low > 0
    assert found.weeks is None


def test_loss() -> None:
    found = verdict(comparison(-5))
    assert found.code is VerdictCode.PROVED_LOSS
    assert found.total is not None
    assert found.total.interval.high < 0


def test_a_gain_that_does_not_cover_its_fixed_cost_is_no_gain() -> None:
    result = comparison(5)
    assert verdict(result, fixed_cost=5000).code is VerdictCode.NOT_PROVED
    assert verdict(result, fixed_cost=9000).code is VerdictCode.PROVED_LOSS


def test_an_interval_that_shuts_out_what_would_matter() -> None:
    result = comparison(0.1)
    assert verdict(result, smallest_effect=3).code is VerdictCode.NO_NOTICEABLE_EFFECT
    assert verdict(result, smallest_effect=0.5).code is VerdictCode.NOT_PROVED


def test_visible_effect_is_the_farther_end_per_customer() -> None:
    result = comparison(0.1)
    assert result.interval is not None
    found = verdict(result)
    assert found.visible == pytest.approx(max(-result.interval.low, result.interval.high))
    assert found.code is VerdictCode.NOT_PROVED


def test_wide_interval_with_a_forecast() -> None:
    result = comparison(0.1)
    wait, never = verdict(result, waiting=SOON), verdict(result, waiting=NEVER)
    assert (wait.code, wait.weeks) == (VerdictCode.NOT_ENOUGH_DATA, 6)
    assert (never.code, never.weeks) == (VerdictCode.WAITING_WILL_NOT_HELP, None)
    assert never.waiting is NEVER


def test_a_forecast_does_not_change_what_is_proved() -> None:
    found = verdict(comparison(5), waiting=SOON)
    assert (found.code, found.weeks) == (VerdictCode.PROVED_GAIN, None)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"srm": srm_test((5180, 4820), (1, 1))}, Refusal.SAMPLE_RATIO),
        ({"purity": 0.949}, Refusal.DILUTED),
        ({"window_complete": False}, Refusal.WINDOW_OPEN),
        ({"weights_changed": True}, Refusal.WEIGHTS_CHANGED),
        ({"metric_changed": True}, Refusal.METRIC_CHANGED),
    ],
)
def test_refusals_keep_the_figures(facts: dict[str, Any], reason: Refusal) -> None:
    found = verdict(comparison(5), **facts)
    assert found.code is VerdictCode.REFUSED
    assert found.reasons == (reason,)
    assert found.doubts == ()
    assert found.total == verdict(comparison(5)).total


def test_few_buyers_refuse_money_whatever_the_interval() -> None:
    found = verdict(compare([100.0, 101.0, 102.0] * 10, [1.0, 2.0] * 9))
    assert found.total is not None
    assert found.total.interval.low > 0
    assert (found.code, found.reasons) == (VerdictCode.REFUSED, (Refusal.FEW_BUYERS,))


def test_no_interval_refuses() -> None:
    found = verdict(compare([], []))
    assert found.code is VerdictCode.REFUSED
    assert found.reasons == (Refusal.NO_INTERVAL, Refusal.FEW_BUYERS)
    assert (found.total, found.visible) == (None, None)


def test_all_reasons_are_named() -> None:
    found = verdict(comparison(5), purity=0.5, window_complete=False, metric_changed=True)
    assert found.reasons == (Refusal.DILUTED, Refusal.WINDOW_OPEN, Refusal.METRIC_CHANGED)


@pytest.mark.parametrize(
    ("facts", "doubt"),
    [
        ({"srm": srm_test((5150, 4850), (1, 1))}, Doubt.SAMPLE_RATIO),
        ({"purity": 0.95}, Doubt.IMPURE_CONTROL),
        ({"purity": 0.9899}, Doubt.IMPURE_CONTROL),
        ({"preliminary": True}, Doubt.PRELIMINARY),
    ],
)
def test_doubts_leave_the_verdict(facts: dict[str, Any], doubt: Doubt) -> None:
    found = verdict(comparison(5), **facts)
    assert found.code is VerdictCode.PROVED_GAIN
    assert found.doubts == (doubt,)


def test_a_healthy_test_has_no_doubts() -> None:
    found = verdict(comparison(5), srm=srm_test((1000, 1000), (1, 1)), purity=0.99)
    assert (found.reasons, found.doubts) == ((), ())


def test_touching_zero_is_not_proof() -> None:
    result = dataclasses.replace(comparison(5), interval=Interval(0.0, 10.0))
    assert verdict(result).code is VerdictCode.NOT_PROVED
    result = dataclasses.replace(result, interval=Interval(-10.0, 0.0))
    assert verdict(result).code is VerdictCode.NOT_PROVED
