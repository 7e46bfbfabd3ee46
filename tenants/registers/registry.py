"""What other apps add to the registers: checks before a company opens, news about processors."""

from collections.abc import Callable, Sequence

from tenants.registers.contracts import Check, Party

CheckMaker = Callable[[], Check]
ProcessorsHook = Callable[[Sequence[Party]], None]

_checks: dict[str, CheckMaker] = {}
_processors: dict[str, ProcessorsHook] = {}


def add_check(name: str, maker: CheckMaker) -> None:
    """`maker` runs in the tenant each time the list of what is missing is shown or demanded."""
    _checks[name] = maker


def checks() -> list[Check]:
    return [maker() for maker in _checks.values()]


def on_processors_changed(name: str, hook: ProcessorsHook) -> None:
    """`hook` gets everybody who works with the data now, in the transaction of the change."""
    _processors[name] = hook


def tell_processors(parties: Sequence[Party]) -> None:
    for hook in _processors.values():
        hook(parties)
