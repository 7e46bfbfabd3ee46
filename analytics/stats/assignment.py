"""Who is treated: a salted hash, and a stratified draw for audiences known at once.

u = first 8 bytes (big endian) of SHA-256("salt|layer|version|customer_uuid") / 2^64, kept as an
integer h so that no rounding can move a customer; bucket = (h * 10000) >> 64. Every experiment has
a layer string of its own, so experiments are independent of each other; only the salt (128 random
bits per tenant, never shown) keeps people from computing their arm.
"""

import hashlib
from collections.abc import Iterable, Sequence
from uuid import UUID

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.stats.sums import flat

BUCKETS = 10_000
SMALLEST_ARM = 10
SMALL_BASE, LARGE_BASE = 50_000, 200_000
SMALL_BASE_SHARE, LARGE_BASE_SHARE = 0.10, 0.05
SMALLEST_GLOBAL_CONTROL = 300


def assignment_hash(salt: str, layer: str, version: str | int, customer_uuid: UUID | str) -> int:
    """Whole number h in [0, 2^64): the same for ever for the same four parts."""
    digest = hashlib.sha256(f"{salt}|{layer}|{version}|{customer_uuid}".encode()).digest()
    return int.from_bytes(digest[:8], "big")


def assignment_hashes(
    salt: str, layer: str, version: str | int, customer_uuids: Iterable[UUID | str]
) -> NDArray[np.uint64]:
    """``assignment_hash`` of many customers of one layer."""
    start = hashlib.sha256(f"{salt}|{layer}|{version}|".encode())
    digests = bytearray()
    for customer_uuid in customer_uuids:
        one = start.copy()
        one.update(str(customer_uuid).encode())
        digests += one.digest()[:8]
    return np.frombuffer(bytes(digests), dtype=">u8").astype(np.uint64)


def bucket(hashed: int) -> int:
    """0..9999, in integer arithmetic."""
    return (hashed * BUCKETS) >> 64


def choose_arm(hashed: int, arms: Sequence[tuple[str, int]]) -> str | None:
    """The arm whose interval of cumulated weights (in 1/10000) holds the customer.

    ``None`` above the sum of the weights: not in the experiment. An experiment may therefore grow
    by raising weights only out of that rest; any other change of weights is a new version. Raises
    ``ValueError`` for negative weights or a sum above 10000.
    """
    if any(weight < 0 for _, weight in arms) or sum(weight for _, weight in arms) > BUCKETS:
        raise ValueError(f"weights must not be negative and sum to at most {BUCKETS}")
    position = bucket(hashed)
    end = 0
    for arm, weight in arms:
        end += weight
        if position < end:
            return arm
    return None


def global_control_share(eligible: int) -> float:
    """Share of the global control group: 10 % up to 50k eligible, 5 % from 200k, linear between.

    Below 300 controls (``SMALLEST_GLOBAL_CONTROL``) the screen must say what is still possible.
    """
    steps = (SMALL_BASE, LARGE_BASE), (SMALL_BASE_SHARE, LARGE_BASE_SHARE)
    return float(np.interp(eligible, *steps))


def stratified_control(
    hashes: NDArray[np.uint64] | Sequence[int], strata: ArrayLike, share: float
) -> NDArray[np.bool_]:
    """Control mask of a fixed audience: in every stratum the customers with the smallest hash.

    The control has round(share * n) customers in all; each stratum gives the whole part of
    share * n_s, and what is missing goes one by one to the largest fractions (the larger, then the
    first stratum on a tie). Deterministic, and independent of the order of the customers.
    ``strata`` holds one label per customer.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share must lie between 0 and 1, not {share}")
    ordered = np.asarray(hashes, dtype=np.uint64)
    labels, codes, counts = np.unique(
        np.asarray(strata).reshape(-1), return_inverse=True, return_counts=True
    )
    if codes.size != ordered.size:
        raise ValueError(f"{codes.size} strata for {ordered.size} customers")
    takes = _apportion(counts, share)
    mask = np.zeros(ordered.size, dtype=np.bool_)
    for code in range(labels.size):
        members = np.flatnonzero(codes == code)
        smallest_first = members[np.argsort(ordered[members], kind="stable")]
        mask[smallest_first[: takes[code]]] = True
    return mask


def _apportion(counts: NDArray[np.int64], share: float) -> NDArray[np.int64]:
    """Largest remainders: whole parts first, then one more for the largest fractions."""
    exact = np.round(share * counts, 9)  # 0.1 * 30 is 3, not 3.0000000000000004
    takes = np.floor(exact).astype(np.int64)
    missing = _half_up(share * int(counts.sum())) - int(takes.sum())
    order = np.lexsort((np.arange(counts.size), -counts, takes - exact))
    takes[order[:missing]] += 1
    return takes


def _half_up(value: float) -> int:
    return int(np.floor(round(value, 9) + 0.5))


def spend_strata(pre_spend: ArrayLike) -> NDArray[np.int8]:
    """Strata by pre-period spend: 0 none, 1 lower three quartiles, 2 top quartile, 3 top 1 %.

    Quartiles are of those who spent, the top 1 % is of everybody; equal spends fall together.
    """
    spend = flat(pre_spend)
    codes = np.zeros(spend.size, dtype=np.int8)
    spenders = spend[spend > 0]
    if not spenders.size:
        return codes
    codes[spend > 0] = 1
    codes[(spend > 0) & (spend > np.quantile(spenders, 0.75))] = 2
    top = spend.size // 100
    if top:
        codes[(spend > 0) & (spend >= np.partition(spend, -top)[-top])] = 3
    return codes


def merge_small_strata(
    spend_codes: ArrayLike, channels: Sequence[str], share: float, *, smallest: int = SMALLEST_ARM
) -> NDArray[np.int64]:
    """Stratum number per customer, merged until both arms of each expect ``smallest`` customers.

    Cells (spend code, channel) are walked from the highest spend down, channels in alphabetical
    order; a cell that is too small joins the next one, a rest at the end the one before it. The
    largest buyers stay apart from the others as long as their number allows.
    """
    codes = np.asarray(spend_codes, dtype=np.int64).reshape(-1)
    if codes.size != len(channels):
        raise ValueError(f"{len(channels)} channels for {codes.size} customers")
    cells = sorted(set(zip((-codes).tolist(), channels, strict=True)))
    index = {cell: number for number, cell in enumerate(cells)}
    numbers = np.array(
        [index[cell] for cell in zip((-codes).tolist(), channels, strict=True)], dtype=np.int64
    )
    sizes = np.bincount(numbers, minlength=len(cells))
    groups = _merged(sizes.tolist(), share, smallest)
    return np.asarray(groups, dtype=np.int64)[numbers]


def _merged(sizes: Sequence[int], share: float, smallest: int) -> list[int]:
    groups: list[int] = []
    group, filled = 0, 0
    for size in sizes:
        groups.append(group)
        filled += size
        control = _half_up(share * filled)
        if min(control, filled - control) >= smallest:
            group, filled = group + 1, 0
    if filled and group:
        return [min(number, group - 1) for number in groups]
    return groups
