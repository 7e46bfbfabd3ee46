from uuid import UUID

import numpy as np
import pytest
from scipy import special

from analytics.stats import (
    assignment_hash,
    assignment_hashes,
    bucket,
    choose_arm,
    global_control_share,
    merge_small_strata,
    spend_strata,
    stratified_control,
)

FIRST = "00000000-0000-7000-8000-000000000001"
SECOND = "00000000-0000-7000-8000-000000000002"


def test_published_hashes() -> None:
    hashed = assignment_hash("tenant-salt", "global", "2026", FIRST)
    assert hashed == 4119359612360377332
    assert bucket(hashed) == 2233
    assert bucket(assignment_hash("tenant-salt", "global", "2026", SECOND)) == 391
    assert bucket(assignment_hash("tenant-salt", "exp-17", 1, FIRST)) == 7152


def test_hash_of_a_uuid_and_of_its_text_agree() -> None:
    assert assignment_hash("s", "global", 1, UUID(FIRST)) == assignment_hash(
        "s", "global", 1, FIRST
    )


def test_many_hashes_at_once() -> None:
    together = assignment_hashes("tenant-salt", "global", "2026", [FIRST, UUID(SECOND)])
    apart = [assignment_hash("tenant-salt", "global", "2026", one) for one in (FIRST, SECOND)]
    assert together.dtype == np.uint64
    assert together.tolist() == apart
    assert assignment_hashes("s", "global", 1, []).size == 0


def test_another_salt_layer_or_version_moves_people() -> None:
    base = assignment_hash("a", "global", 1, FIRST)
    for parts in (("b", "global", 1), ("a", "exp-1", 1), ("a", "global", 2)):
        assert assignment_hash(*parts, FIRST) != base


def test_bucket_ends() -> None:
    assert bucket(0) == 0
    assert bucket(2**64 - 1) == 9999
    assert bucket(2**64 // 10_000) == 0
    assert bucket(2**64 // 10_000 + 1) == 1


def test_layers_are_uniform_and_independent() -> None:
    people = [str(UUID(int=number)) for number in range(20_000)]
    one = np.array([bucket(int(h)) for h in assignment_hashes("salt", "exp-1", 1, people)])
    two = np.array([bucket(int(h)) for h in assignment_hashes("salt", "exp-2", 1, people)])
    deciles = np.bincount(one // 1000, minlength=10)
    chi2 = float(((deciles - 2000) ** 2 / 2000).sum())
    assert special.chdtrc(9, chi2) > 0.001
    both = int(((one < 1000) & (two < 1000)).sum())
    assert abs(both - 200) < 4 * np.sqrt(200)


def test_arm_is_the_interval_that_holds_the_customer() -> None:
    arms = [("control", 1000), ("mass", 4500), ("personal", 2000)]
    edges = {0: "control", 999: "control", 1000: "mass", 5499: "mass", 5500: "personal"}
    for position, arm in (edges | {7499: "personal"}).items():
        assert choose_arm(_hash_of(position), arms) == arm
    assert choose_arm(_hash_of(7500), arms) is None
    assert choose_arm(_hash_of(9999), arms) is None


def test_an_experiment_grows_without_moving_anybody() -> None:
    small, grown = [("control", 500), ("treated", 500)], [("control", 500), ("treated", 5000)]
    for position in range(0, 10_000, 97):
        before = choose_arm(_hash_of(position), small)
        assert before is None or before == choose_arm(_hash_of(position), grown)


@pytest.mark.parametrize("arms", [[("a", 6000), ("b", 4001)], [("a", -1), ("b", 5)]])
def test_impossible_weights_raise(arms: list[tuple[str, int]]) -> None:
    with pytest.raises(ValueError, match="at most 10000"):
        choose_arm(0, arms)


@pytest.mark.parametrize(
    ("eligible", "share"),
    [(0, 0.1), (3_000, 0.1), (50_000, 0.1), (125_000, 0.075), (200_000, 0.05), (10**7, 0.05)],
)
def test_global_control_share(eligible: int, share: float) -> None:
    assert global_control_share(eligible) == pytest.approx(share)


def test_control_of_every_stratum_has_the_smallest_hashes() -> None:
    hashes = [5, 1, 9, 3, 8, 2, 7, 6, 4, 0]
    strata = ["a", "a", "a", "a", "b", "b", "b", "b", "b", "b"]
    mask = stratified_control(hashes, strata, 0.5)
    assert [h for h, is_control in zip(hashes, mask, strict=True) if is_control] == [1, 3, 2, 4, 0]


def test_remainders_go_to_the_largest_fractions() -> None:
    strata = np.repeat(["a", "b", "c"], [14, 17, 19])  # 1.4, 1.7, 1.9 of 5 controls
    mask = stratified_control(np.arange(50, dtype=np.uint64), strata, 0.1)
    assert [int(mask[strata == s].sum()) for s in "abc"] == [1, 2, 2]


def test_equal_fractions_go_to_the_larger_stratum_first() -> None:
    strata = np.repeat([1, 2], [15, 25])  # 1.5 and 2.5 of 4
    mask = stratified_control(np.arange(40, dtype=np.uint64), strata, 0.1)
    assert [int(mask[strata == s].sum()) for s in (1, 2)] == [1, 3]


def test_whole_parts_are_not_lost_to_rounding() -> None:
    mask = stratified_control(np.arange(300, dtype=np.uint64), np.repeat([1, 2], [30, 270]), 0.1)
    assert (int(mask[:30].sum()), int(mask[30:].sum())) == (3, 27)


def test_the_draw_does_not_depend_on_the_order_of_customers() -> None:
    rng = np.random.default_rng(1)
    hashes = rng.integers(0, 2**64, size=500, dtype=np.uint64, endpoint=False)
    strata = rng.integers(0, 5, size=500)
    order = rng.permutation(500)
    mask = stratified_control(hashes, strata, 0.13)
    assert np.array_equal(mask[order], stratified_control(hashes[order], strata[order], 0.13))
    assert int(mask.sum()) == 65


@pytest.mark.parametrize(("share", "controls"), [(0, 0), (1, 7)])
def test_nobody_or_everybody(share: float, controls: int) -> None:
    mask = stratified_control(np.arange(7, dtype=np.uint64), [1, 1, 1, 2, 2, 2, 2], share)
    assert int(mask.sum()) == controls


def test_an_empty_audience() -> None:
    assert stratified_control([], [], 0.1).size == 0


def test_wrong_draws_raise() -> None:
    with pytest.raises(ValueError, match="share must lie between 0 and 1, not 2"):
        stratified_control([1], [1], 2)
    with pytest.raises(ValueError, match="1 strata for 2 customers"):
        stratified_control([1, 2], [1], 0.5)


def test_strata_of_spend() -> None:
    spend = [0.0] * 100 + [float(v) for v in range(1, 101)]
    codes = spend_strata(spend)
    assert np.bincount(codes).tolist() == [100, 75, 23, 2]
    assert codes[-2:].tolist() == [3, 3]


def test_equal_spends_fall_together() -> None:
    codes = spend_strata([5.0] * 150 + [0.0] * 50)
    assert set(codes[:150].tolist()) == {3}
    assert set(codes[150:].tolist()) == {0}


def test_strata_of_a_base_without_spend_or_without_a_top() -> None:
    assert spend_strata([0.0, -3.0, 0.0]).tolist() == [0, 0, 0]
    assert spend_strata([1.0, 2.0, 3.0, 4.0]).tolist() == [1, 1, 1, 2]
    assert spend_strata([]).size == 0


def test_small_cells_join_their_neighbour() -> None:
    codes = np.repeat([3, 2, 1, 0], [20, 90, 300, 600])
    channels = ["email"] * 20 + ["email"] * 45 + ["sms"] * 45 + ["email"] * 900
    strata = merge_small_strata(codes, channels, 0.1)
    assert np.bincount(strata).tolist() == [110, 300, 600]
    assert set(strata[:110].tolist()) == {0}


def test_a_small_rest_joins_the_one_before_it() -> None:
    codes = np.repeat([1, 0], [300, 50])
    strata = merge_small_strata(codes, ["email"] * 350, 0.1)
    assert set(strata.tolist()) == {0}


def test_a_base_too_small_for_strata_is_one_stratum() -> None:
    assert merge_small_strata([0, 1, 2], ["a", "b", "c"], 0.1).tolist() == [0, 0, 0]
    assert merge_small_strata([], [], 0.1).size == 0


def test_channels_must_match() -> None:
    with pytest.raises(ValueError, match="1 channels for 2 customers"):
        merge_small_strata([0, 1], ["a"], 0.1)


def _hash_of(position: int) -> int:
    """The first hash of a bucket."""
    return -(-position * 2**64 // 10_000)
