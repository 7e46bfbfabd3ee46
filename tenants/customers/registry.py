"""Who must not be taken back: apps above say which identities are refused at the door."""

from collections.abc import Callable, Iterable

Identity = tuple[str, str, str]  # kind, namespace, key as in the table of identities
Screen = Callable[[Iterable[Identity]], set[Identity]]

_screens: list[tuple[Screen, Callable[[], bool]]] = []


def add_screen(screen: Screen, is_needed: Callable[[], bool]) -> None:
    """`screen` gets identities of a load and names those refused; asked only when it is needed."""
    _screens.append((screen, is_needed))


def may_refuse() -> bool:
    return any(is_needed() for _screen, is_needed in _screens)


def refused(identities: Iterable[Identity]) -> set[Identity]:
    listed: list[Identity] | None = None
    found: set[Identity] = set()
    for screen, is_needed in _screens:
        if is_needed():
            listed = list(identities) if listed is None else listed
            found |= screen(listed)
    return found
