"""What other apps bring: data for the answer, recipients outside, cards of the desk.

Apps above register themselves at start; what lies below is asked here directly.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tenants.requests.contracts import Panel, Section

Export = Callable[[Sequence[int]], Iterable[Section]]
Recipients = Callable[[int], Iterable[tuple[str, str]]]
MakePanel = Callable[[str], Panel | None]


@dataclass(frozen=True, slots=True)
class Exporter:
    name: str
    export: Export
    models: frozenset[str]  # labels of the models that it covers, e.g. "events.Order"
    position: int = 100


@dataclass(frozen=True, slots=True)
class PanelMaker:
    name: str
    make: MakePanel
    position: int
    is_banner: bool


_exporters: dict[str, Exporter] = {}
_recipients: dict[str, Recipients] = {}
_panels: dict[str, PanelMaker] = {}


def add_exporter(
    name: str, export: Export, *, models: Iterable[str] = (), position: int = 100
) -> None:
    """`export` gives, for the ids of one person, what an app keeps about him.

    `models` are the labels it covers: a test fails for a model that nobody covers.
    """
    _exporters[name] = Exporter(name, export, frozenset(models), position)


def exporters() -> list[Exporter]:
    return sorted(_exporters.values(), key=lambda each: (each.position, each.name))


def add_recipients(name: str, recipients: Recipients) -> None:
    """`recipients` gives (code, name) of those outside who got a customer's data."""
    _recipients[name] = recipients


def recipients() -> list[Recipients]:
    return [_recipients[name] for name in sorted(_recipients)]


def add_panel(name: str, make: MakePanel, *, position: int = 100, is_banner: bool = False) -> None:
    """`make` gives a card of the officer's desk for a role, None where there is nothing to say.

    A banner stands above the requests: an incident with its clocks.
    """
    _panels[name] = PanelMaker(name, make, position, is_banner)


def panels(*, is_banner: bool) -> list[PanelMaker]:
    chosen = [each for each in _panels.values() if each.is_banner == is_banner]
    return sorted(chosen, key=lambda each: (each.position, each.name))
