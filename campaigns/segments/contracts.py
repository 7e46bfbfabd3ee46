"""The rule language, version 1: its shapes, its limits, and what is said about a tree.

    {"schema_version": 1, "root": {"all": [NODE, …]}}

NODE is a group, {"all": [NODE, …]}, {"any": [NODE, …]}, {"not": [NODE, …]} ("none of them holds"),
or a leaf, {"leaf": "<name>", …parameters}. Leaves come from the registry. Money is in minor units.
A customer is in the segment when the root holds and the customer is active. An empty root group
"all" is everybody.
"""

from dataclasses import dataclass, field
from typing import Any

SCHEMA_VERSION = 1
GROUPS = ("all", "any", "not")
MAX_DEPTH = 10
MAX_NODES = 200
MAX_VALUES = 500
MAX_TEXT = 200
MAX_NUMBER = 10**12
MAX_DAYS = 36_500

Node = dict[str, Any]
Tree = dict[str, Any]


@dataclass(frozen=True, slots=True)
class NodeError:
    """What is wrong with one node.

    `path` counts children from the root, "0.1" being the second child of the first, "" the root;
    `pointer` is the same place as a JSON pointer (RFC 6901); `field` a parameter of a leaf.
    """

    path: str
    pointer: str
    code: str
    message: str
    field: str = ""

    def __str__(self) -> str:
        return f"{self.pointer}: {self.message}"


@dataclass(frozen=True, slots=True)
class Predicate:
    """SQL over the compiled joins. `sql` holds, fails or is NULL; NULL means it does not hold.

    `negation` is true exactly where `sql` is not true; left empty, it is derived.
    """

    sql: str
    negation: str = ""

    def negated(self) -> str:
        return self.negation or f"({self.sql}) IS NOT TRUE"


@dataclass(frozen=True, slots=True)
class Compiled:
    """One SELECT of `customer_id`, and its named parameters."""

    sql: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Count:
    """How many fit now. An estimate (the planner's) is given when the exact count took too long."""

    count: int
    base: int
    ms: int
    is_estimate: bool = False

    @property
    def share(self) -> float:
        return min(1.0, self.count / self.base) if self.base else 0.0


@dataclass(frozen=True, slots=True)
class Reach:
    """Of those who fit: who may be written to, and what they brought in the last 365 days."""

    email: int
    revenue: int  # minor units
    margin: int
    is_margin_assumed: bool
    ms: int


def empty_tree() -> Tree:
    return {"schema_version": SCHEMA_VERSION, "root": {"all": []}}
