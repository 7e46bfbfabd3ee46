"""Public ids for COPY: version 7 UUIDs (RFC 9562) that depend on nothing but seed, kind, number."""

from typing import cast

import numpy as np
from numpy.typing import NDArray

from cvm_platform.demo.coffee.streams import Ints

CUSTOMERS, ORDERS, EVENTS, CONSENTS = 1, 2, 3, 4
_Words = NDArray[np.uint64]
_GOLDEN = 0x9E3779B97F4A7C15


def public_ids(numbers: Ints, moments: Ints, *, seed: int, kind: int) -> list[str]:
    """UUIDs as 32 hexadecimal digits. `moments` are seconds; their order is the ids' order.

    The random bits are SplitMix64 of seed, kind and number. [Steele, Lea & Flood 2014, Fast
    splittable pseudorandom number generators]
    """
    base = numbers.astype(np.uint64) * np.uint64(8) + np.uint64(kind)
    start = base + _mix(np.full(len(numbers), seed, dtype=np.uint64))
    high, low = _mix(start), _mix(start + np.uint64(_GOLDEN))
    head = (moments.astype(np.uint64) * np.uint64(1000)) << np.uint64(16)
    head |= np.uint64(0x7000) | (high & np.uint64(0x0FFF))
    tail = (low & np.uint64(0x3FFFFFFFFFFFFFFF)) | np.uint64(0x8000000000000000)
    digits = np.stack([head, tail], axis=1).astype(">u8").tobytes().hex()
    return [digits[start : start + 32] for start in range(0, len(digits), 32)]


def _mix(words: _Words) -> _Words:
    words = words + np.uint64(_GOLDEN)
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return cast("_Words", words ^ (words >> np.uint64(31)))
