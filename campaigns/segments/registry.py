"""The leaf registry: what a condition can ask about.

A leaf of a later part (scores, arms, offers) registers itself from its own app's `ready()`, so
that nothing is imported upward. Everything else, the schema, the validation, the builder's cards,
the compiler and the sentence, comes from the leaf's own description.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.utils.functional import Promise

from campaigns.segments.contracts import Node, Predicate, Tree
from campaigns.segments.fields import Field, Problem


class Build(Protocol):
    """What a leaf may use while it compiles; see `compiler.Builder`."""

    as_of: datetime
    zone: str

    def param(self, value: Any) -> str:
        """A placeholder for the value; the only way a value gets into the statement."""

    def stats(self) -> str:
        """Alias of the customer's rollup row; all its columns are NULL where there is none."""

    def rfm(self) -> str:
        """Alias of the customer's RFM row; all its columns are NULL where there is none."""

    def among(self, ids: str, one: str = "") -> Predicate:
        """The customer is among the distinct `customer_id`s that the SELECT gives.

        `one`, where given, is the same for the customer `c.id` alone, for an EXISTS: worth it when
        an index answers it.
        """

    def segment(self, public_id: UUID) -> Predicate:
        """The customer fits another segment's rule."""


@dataclass(frozen=True)
class Words:
    """What a sentence needs to know of the tenant."""

    currency: str = "RUB"
    segment_name: Callable[[str], str] = str


@dataclass(frozen=True)
class Leaf:
    """One kind of condition.

    Args:
        name: its key in the language, for ever.
        title: in the menu of new conditions; `menu` is the heading there.
        fields: its parameters, in the order of the sentence.
        compile: SQL over the aliases of `Build`; the customer's row is `c`.
        describe: half a sentence in the user's language.
        start: parameters of a new card.
        check: what fields cannot see alone: (parameter, problem).
        shows: whether a field is asked for, given the rest of the node.
    """

    name: str
    title: str | Promise
    menu: str | Promise
    fields: tuple[Field, ...]
    compile: Callable[[Node, Build], Predicate]
    describe: Callable[[Node, Words], str]
    start: Mapping[str, Any] = field(default_factory=dict)
    check: Callable[[Node], Iterator[tuple[str, Problem]]] = lambda _node: iter(())
    shows: Callable[[str, Mapping[str, Any]], bool] = lambda _name, _node: True


_leaves: dict[str, Leaf] = {}


def register(leaf: Leaf) -> Leaf:
    """Adds a leaf; the same name twice is a mistake of ours."""
    if leaf.name in _leaves and _leaves[leaf.name] is not leaf:
        raise ValueError(f"Two leaves are called {leaf.name}.")
    _leaves[leaf.name] = leaf
    return leaf


def leaf(name: object) -> Leaf | None:
    return _leaves.get(name) if isinstance(name, str) else None


def leaves() -> list[Leaf]:
    """In the order of registration, which is the order of the menu."""
    return list(_leaves.values())


class Trees(Protocol):
    """Finds the rule of another segment; None where there is none."""

    def __call__(self, public_id: UUID) -> Tree | None: ...
