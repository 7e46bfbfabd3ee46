"""Terms of the law as dates: working days, calendar days, months, elapsed hours.

Working days run from the first working day after the day of receipt and end at 23:59:59 of the
last one in the operator's zone (Civil Code, articles 191 and 194). Terms in calendar days and
months do not move forward from a day off: whoever answers works towards the working day before.
Hours of a leak are elapsed hours and never pause.
"""

import calendar as months
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_SATURDAY = 5
PROVISIONAL_DAYS = 2  # taken off where the calendar of a year is not known yet
_END = time(23, 59, 59)


@dataclass(frozen=True, slots=True)
class Term:
    """When something is due.

    `last_day` is the day of the law, `inner_day` the day to work towards (the working day before
    when the last one is off). A provisional term rests on a year without a calendar and is no
    legal date. `version` names the calendar that it was counted with.
    """

    last_day: date
    inner_day: date
    version: str
    is_provisional: bool = False

    def due_at(self, zone: str) -> datetime:
        """The last second of the last day in `zone` (IANA name), in UTC."""
        return datetime.combine(self.last_day, _END, ZoneInfo(zone)).astimezone(UTC)

    def inner_due_at(self, zone: str) -> datetime:
        return datetime.combine(self.inner_day, _END, ZoneInfo(zone)).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """Working days of the years that are loaded; others are taken as Monday to Friday."""

    working: frozenset[date]
    years: frozenset[int]
    version: str

    def is_working(self, day: date) -> bool:
        if day.year in self.years:
            return day in self.working
        return day.weekday() < _SATURDAY

    def knows(self, first: date, last: date) -> bool:
        return all(year in self.years for year in range(first.year, last.year + 1))

    def working_day_before(self, day: date) -> date:
        """`day` itself when it is one."""
        while not self.is_working(day):
            day -= _DAY
        return day

    def working_term(self, received: date, days: int) -> Term:
        """`days` working days after the day of receipt.

        Raises:
            ValueError: `days` is not positive.
        """
        if days < 1:
            raise ValueError("a term has at least one day")
        last = self._counted(received, days)
        if self.knows(received, last):
            return Term(last, last, self.version)
        # better too early than too late: two working days less, on Mondays to Fridays
        last = self._counted(received, max(days - PROVISIONAL_DAYS, 1))
        return Term(last, last, self.version, is_provisional=True)

    def _counted(self, day: date, days: int) -> date:
        left = days
        while left:
            day += _DAY
            left -= self.is_working(day)
        return day

    def extended_term(self, received: date, days: int, more: int) -> Term:
        """A term that is prolonged counts on: as if it had had `days + more` from the start."""
        return self.working_term(received, days + more)

    def calendar_term(self, event: date, days: int) -> Term:
        """`days` calendar days from the day after `event`."""
        return self._fixed(event, event + timedelta(days=days))

    def month_term(self, event: date, count: int) -> Term:
        """`count` months: the same number of the month, or its last day (Civil Code, 192(3))."""
        index = event.month - 1 + count
        year, month = event.year + index // 12, index % 12 + 1
        day = min(event.day, months.monthrange(year, month)[1])
        return self._fixed(event, date(year, month, day))

    def _fixed(self, event: date, last: date) -> Term:
        return Term(
            last, self.working_day_before(last), self.version,
            is_provisional=not self.knows(event, last),
        )  # fmt: skip


def hours_after(detected_at: datetime, hours: int) -> datetime:
    """Elapsed hours, weekends and holidays included (152-FZ, article 21(3.1))."""
    return detected_at.astimezone(UTC) + timedelta(hours=hours)


def share_of_term(since: datetime, due_at: datetime, now: datetime) -> float:
    """How much of the time is gone: 0 at the start, 1 when due, more when overdue."""
    whole = (due_at - since).total_seconds()
    if whole <= 0:
        return 1.0
    return max(0.0, (now - since).total_seconds() / whole)
