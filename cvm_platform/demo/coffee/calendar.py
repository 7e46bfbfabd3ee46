"""Days of the shop: what a day is worth (season, weekday) and how a day passes (hours)."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np

from cvm_platform.demo.coffee.streams import Floats, Ints

MOSCOW = timezone(timedelta(hours=3), "MSK")
DAY = 86_400
# Customers may have joined this long before the orders begin
PREHISTORY_DAYS = 560
_MONTHS = (0.90, 1.00, 1.08, 1.00, 0.97, 0.90, 0.86, 0.88, 1.02, 1.06, 1.08, 1.32)
_WEEKDAYS = (0.96, 0.95, 0.97, 1.00, 1.08, 1.10, 0.94)
# Share of a day's orders by the local hour, from seven in the morning to eleven at night
_HOURS = np.array([0] * 7 + [5, 10, 10, 8, 7, 8, 9, 7, 6, 6, 7, 7, 5, 3, 1.5, 0.5, 0], dtype=float)
_HOURS_CUMULATED = np.cumsum(_HOURS) / _HOURS.sum()


def epoch(moment: datetime) -> int:
    return int(moment.timestamp())


@dataclass(frozen=True)
class Calendar:
    """History of `weeks` ending at midnight of `today` (Moscow); the campaign lies inside it.

    Days are counted from `begin`; negative days lie before it. Moments are seconds since 1970 UTC.
    """

    today: date
    weeks: int
    campaign_days: int
    edges: Floats = field(init=False, repr=False)
    cumulated: Floats = field(init=False, repr=False)

    def __post_init__(self) -> None:
        days = [self.begin + timedelta(days=day) for day in range(-PREHISTORY_DAYS, self.days)]
        worth = np.array([_MONTHS[day.month - 1] * _WEEKDAYS[day.weekday()] for day in days])
        edges = np.arange(-PREHISTORY_DAYS, self.days + 1, dtype=np.float64)
        object.__setattr__(self, "edges", edges)
        object.__setattr__(self, "cumulated", np.concatenate([[0.0], np.cumsum(worth)]))

    @property
    def days(self) -> int:
        return self.weeks * 7

    @property
    def begin(self) -> date:
        return self.today - timedelta(days=self.days)

    @property
    def campaign_at(self) -> datetime:
        """Ten in the morning, Moscow time, `campaign_days` days before `today`."""
        day = self.today - timedelta(days=self.campaign_days)
        return datetime(day.year, day.month, day.day, 10, tzinfo=MOSCOW).astimezone(UTC)

    @property
    def campaign_second(self) -> int:
        return epoch(self.campaign_at)

    @property
    def begin_second(self) -> int:
        return self.midnight(0)

    @property
    def end_second(self) -> int:
        return self.midnight(self.days)

    def midnight(self, day: int) -> int:
        """Moscow midnight at which `day` begins."""
        first = datetime(self.begin.year, self.begin.month, self.begin.day, tzinfo=MOSCOW)
        return epoch(first) + day * DAY

    def day_of(self, moments: Ints) -> Floats:
        """Days (fractional, Moscow) from `begin`."""
        days: Floats = (moments - self.begin_second) / DAY
        return days

    def worth_until(self, day: Floats) -> Floats:
        """Intensity gathered up to `day` (fractional): the clock by which customers come."""
        return np.interp(day, self.edges, self.cumulated)

    def day_at(self, worth: Floats) -> Floats:
        """Inverse of `worth_until`."""
        return np.interp(worth, self.cumulated, self.edges)

    def moments(self, rng: np.random.Generator, day: Ints, utc_offset_hours: Ints) -> Ints:
        """Random seconds of shop hours within local `day`, as UTC."""
        draw = rng.random(len(day))
        hour = np.searchsorted(_HOURS_CUMULATED, draw, side="right")
        second = rng.integers(3_600, size=len(day))
        moscow_shift = (3 - utc_offset_hours) * 3_600
        return self.begin_second + day * DAY + hour * 3_600 + second + moscow_shift

    def local_days(self, moments: Ints, utc_offset_hours: Ints) -> Ints:
        """The local day of each moment, counted from `begin`."""
        return (moments - self.begin_second + (utc_offset_hours - 3) * 3_600) // DAY
