"""The calendar as it is loaded now."""

import hashlib

from tenants.workdays.contracts import WorkCalendar
from tenants.workdays.models import CalendarDay, CalendarYear

FIRST_ALARM = (10, 1)  # month and day from which next year's calendar is missed


def work_calendar() -> WorkCalendar:
    """Two small queries; the public schema is in every search path."""
    years = list(CalendarYear.objects.values_list("year", "version"))
    working = CalendarDay.objects.filter(is_working=True).values_list("date", flat=True)
    versions = ",".join(f"{year}:{version}" for year, version in years)
    return WorkCalendar(
        working=frozenset(working),
        years=frozenset(year for year, _version in years),
        version=hashlib.sha256(versions.encode()).hexdigest()[:12],
    )


def missing_years(year: int, month: int, day: int) -> list[int]:
    """Years whose calendar should be here on this date: the running one, and from October on
    the next one too.
    """
    wanted = [year, year + 1] if (month, day) >= FIRST_ALARM else [year]
    known = set(CalendarYear.objects.filter(year__in=wanted).values_list("year", flat=True))
    return [each for each in wanted if each not in known]
