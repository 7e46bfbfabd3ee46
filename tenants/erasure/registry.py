"""Erasers, other bases and rules of retention: each app names its own once, at start."""

from collections.abc import Sequence
from datetime import datetime

from tenants.erasure.contracts import Basis, Eraser, FindBases, Rule, Sweep

_erasers: dict[str, Eraser] = {}
_bases: dict[str, FindBases] = {}
_rules: dict[str, Rule] = {}
_sweeps: dict[str, Sweep] = {}


def add_eraser(eraser: Eraser) -> None:
    """Every model that reaches a customer has one; a contract test walks all models."""
    _erasers[eraser.name] = eraser


def add_basis(name: str, find: FindBases) -> None:
    """What may need the data of a contract although somebody wants it erased."""
    _bases[name] = find


def add_rule(rule: Rule) -> None:
    _rules[rule.code] = rule


def add_sweep(sweep: Sweep) -> None:
    _sweeps[sweep.name] = sweep


def erasers() -> list[Eraser]:
    """In the order in which they run."""
    return sorted(_erasers.values(), key=lambda each: (each.order, each.name))


def covered() -> frozenset[str]:
    """Names of the stores that somebody answers for; "app.Model#part" covers its model."""
    return frozenset(name.partition("#")[0] for name in _erasers)


def rules() -> dict[str, Rule]:
    return dict(_rules)


def sweeps() -> list[Sweep]:
    return [_sweeps[name] for name in sorted(_sweeps)]


def bases_of(customer_ids: Sequence[int], now: datetime) -> dict[int, list[Basis]]:
    found: dict[int, list[Basis]] = {}
    for name in sorted(_bases):
        for customer_id, basis in _bases[name](customer_ids, now).items():
            found.setdefault(customer_id, []).append(basis)
    return found
