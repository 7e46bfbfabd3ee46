"""Independent random streams: one for each purpose and block of customers.

A block is always BLOCK customers, so what a customer does depends neither on how many blocks are
read nor on their order, and memory does not grow with the shop.
"""

import hashlib
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Texts = NDArray[np.str_]
# Equally long arrays by column name
Columns = dict[str, NDArray[Any]]

BLOCK = 5_000


class Stream(IntEnum):
    HABITS = 1
    PEOPLE = 2
    CONSENTS = 3
    PURCHASES = 4
    BASKETS = 5
    WALK_INS = 6
    WALK_IN_BASKETS = 7
    EFFECT = 8
    EXTRA_BASKETS = 9
    BROWSING = 10
    EXTRA_BROWSING = 11
    MAILINGS = 12
    REACTIONS = 13


def generator(seed: int, stream: Stream, block: int) -> np.random.Generator:
    """The generator of one purpose for one block; the same on every machine."""
    sequence = np.random.SeedSequence(entropy=seed, spawn_key=(int(stream), block))
    return np.random.Generator(np.random.PCG64(sequence))


def table_hash(columns: Columns) -> str:
    """Digest of names and values, for tests of reproducibility."""
    digest = hashlib.sha256()
    for name in sorted(columns):
        values = columns[name]
        digest.update(f"{name}:{len(values)};".encode())
        if values.dtype.kind in "US":
            digest.update("\n".join(values.tolist()).encode())
        else:
            digest.update(np.ascontiguousarray(values).astype("<i8").tobytes())
    return digest.hexdigest()


def select(columns: Columns, keep: Bools) -> Columns:
    return {name: values[keep] for name, values in columns.items()}


def join(parts: list[Columns]) -> Columns:
    """Rows of all parts, one after another; the parts share their column names."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
