"""The one place that knows what time it is, so that replays and tests can say otherwise."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class _Shifted:
    """A clock that showed `moment` when the machine's own counter showed `started`."""

    moment: datetime
    started: float
    ticking: bool

    def read(self) -> datetime:
        if not self.ticking:
            return self.moment
        return self.moment + timedelta(seconds=time.monotonic() - self.started)


_shifted: ContextVar[_Shifted | None] = ContextVar("clock", default=None)


def now() -> datetime:
    shifted = _shifted.get()
    return datetime.now(UTC) if shifted is None else shifted.read()


def today(zone: str) -> date:
    """The calendar day in a tenant's zone (IANA name)."""
    return now().astimezone(ZoneInfo(zone)).date()


@contextmanager
def at(moment: datetime, *, ticking: bool = False) -> Iterator[None]:
    """Inside, it is `moment` (aware); for replays of the past and for tests.

    Holds for this thread or task only: a thread started inside has the real time. The database's
    own now() is not moved, so whatever must carry the moment takes it from here.

    Args:
        ticking: time goes on from `moment`; otherwise it stands still.

    """
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone is no moment")
    token = _shifted.set(_Shifted(moment.astimezone(UTC), time.monotonic(), ticking))
    try:
        yield
    finally:
        _shifted.reset(token)
