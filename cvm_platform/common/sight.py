"""How exactly the reader of this page sees numbers of people and money: one place, server-side.

The middleware of accounts says once a request who is looking; templates, contexts and exports ask
here. Work outside requests sees everything: it shows nothing to anybody.

Agency roles see aggregates only (the specification of personal data, 7.5 level C and 7.6): under
ten people it is "<10", nobody included, so that "none" and "one" look alike; everything else is
rounded to about two significant digits, always in the same way, so that asking again tells
nothing and a group with or without one person mostly looks the same.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

from cvm_platform.common import figures

SMALL = 10
HIDDEN = "•••"


@dataclass(frozen=True, slots=True)
class Sight:
    """What a reader may see.

    Args:
        is_exact: numbers of people as they are; else rounded, and none under ten.
        hidden: reports whose money this reader is not shown.
        report: the one that is being answered.

    """

    is_exact: bool = True
    hidden: frozenset[str] = frozenset()
    report: str = ""

    @property
    def hides_money(self) -> bool:
        return self.report in self.hidden


EVERYTHING = Sight()
_sight: ContextVar[Sight] = ContextVar("sight", default=EVERYTHING)


def current() -> Sight:
    return _sight.get()


def is_exact() -> bool:
    return _sight.get().is_exact


def hides_money(report: str = "") -> bool:
    """Of the report that is being answered, or of the one named."""
    sight = _sight.get()
    return (report or sight.report) in sight.hidden


@contextmanager
def looking(sight: Sight) -> Iterator[None]:
    token = _sight.set(sight)
    try:
        yield
    finally:
        _sight.reset(token)


def answer_report(report: str) -> None:
    """Names the report of this request; the middleware does it by the address."""
    _sight.set(replace(_sight.get(), report=report))


def become(sight: Sight) -> None:
    """For a caller who is known only inside the request: an API key."""
    _sight.set(replace(sight, report=_sight.get().report))


def coarse(count: int) -> int:
    """Rounded to tens, from a thousand on to two significant digits; 0 under ten."""
    size = abs(count)
    if size < SMALL:
        return 0
    step = max(SMALL, int(10 ** (len(str(size)) - 2)))
    rounded = (size + step // 2) // step * step
    return rounded if count > 0 else -rounded


def seen(count: int) -> int:
    """The number that may leave the server for this reader; 0 stands for "fewer than ten"."""
    return count if is_exact() else coarse(count)


def is_small(count: int) -> bool:
    """Too few for this reader: shown as "<10", and nothing of them is."""
    return not is_exact() and abs(count) < SMALL


def people(count: int) -> str:
    """A number of people in words that this reader may see: "1 234", "≈ 1 200", "<10"."""
    if is_exact():
        return figures.number(count)
    if abs(count) < SMALL:
        return f"<{SMALL}"
    return f"≈{figures.NBSP}{figures.number(coarse(count))}"


def cell(count: int) -> int | str:
    """For a file: a number where it is shown, else "<10"."""
    return f"<{SMALL}" if is_small(count) else seen(count)


def share(part: int, whole: int) -> float:
    """Of what is seen: the exact quotient would tell the exact parts."""
    base = seen(whole)
    return min(1.0, seen(part) / base) if base else 0.0


def money(minor: float) -> float:
    """A sum over people for this reader: two significant digits where he sees no exact numbers.

    A sum with and without a person would otherwise be the person's own.
    """
    if is_exact():
        return minor
    size = abs(round(minor))
    step = int(10 ** max(0, len(str(size)) - 2))
    rounded = (size + step // 2) // step * step
    return rounded if minor >= 0 else -rounded


def small_apart(counts: Iterable[tuple[str, int]]) -> tuple[list[tuple[str, int]], bool]:
    """Parts of a whole that may be shown, and whether the rest is shown as one line "<10".

    For who sees no exact numbers the line stands always: without it its absence would say "none".
    """
    listed = list(counts)
    if is_exact():
        return listed, False
    return [(code, count) for code, count in listed if not is_small(count)], True
