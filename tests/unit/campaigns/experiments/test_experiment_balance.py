"""The balance check: exact on a small case, right about chance, loud about a rigged draw."""

import math

import numpy as np
import pytest

from campaigns.experiments.balance import compare_balance


def test_one_covariate_by_hand() -> None:
    values = np.array([1, 2, 3, 4, 5, 6], dtype=np.int64)
    control = np.array([True, False, False, False, False, True])
    report = compare_balance({"orders": values}, control)
    assert report.differences["orders"] == pytest.approx(0.0)  # means 3.5 and 3.5
    assert report.limit == pytest.approx(3 * math.sqrt(1 / 4 + 1 / 2))
    assert report.p == pytest.approx(1.0)
    assert report.flagged == ()


def test_equal_covariates_count_once() -> None:
    values = np.arange(100, dtype=np.int64)
    control = values % 3 == 0
    alone = compare_balance({"a": values}, control)
    twice = compare_balance({"a": values, "b": values}, control)
    assert twice.p == pytest.approx(alone.p)


def test_a_covariate_without_spread_and_an_empty_arm_say_nothing() -> None:
    flat = np.ones(10, dtype=np.int64)
    assert compare_balance({"a": flat}, np.arange(10) < 5).p == 1.0
    assert compare_balance({"a": np.arange(10)}, np.zeros(10, np.bool_)).p == 1.0


def test_a_rigged_draw_is_not_fair() -> None:
    values = np.arange(1000, dtype=np.int64)
    report = compare_balance({"revenue": values}, values >= 900)
    assert not report.is_fair
    assert report.flagged == ("revenue",)


def test_fair_draws_are_refused_as_rarely_as_promised() -> None:
    rng = np.random.default_rng(7)
    values = {"a": rng.integers(0, 1000, 2000), "b": rng.integers(0, 50, 2000)}
    ps = [compare_balance(values, rng.random(2000) < 0.1).p for _ in range(400)]
    assert 0.4 < float(np.mean(ps)) < 0.6
    assert sum(p < 0.05 for p in ps) < 45
