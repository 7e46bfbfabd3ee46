"""Loading a year of the calendar: all of it or nothing."""

import hashlib
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from cvm_platform.common import clock
from cvm_platform.common.errors import InvalidInput
from tenants.workdays.models import CalendarDay, CalendarYear

_SATURDAY = 5
DATA = Path(__file__).parent / "data"


def load_year(content: str) -> CalendarYear:
    """Reads {year, source, days_off, working, short, working_days}; dates are "MM-DD".

    `days_off` are weekdays that are off, `working` are weekend days that are worked. Loading the
    same year again replaces it.

    Raises:
        InvalidInput: with the place that is wrong; nothing was changed.
    """
    data = _parsed(content)
    year = data["year"]
    off = _dates(data, "days_off", year)
    worked = _dates(data, "working", year)
    short = _dates(data, "short", year)
    days = []
    day = date(year, 1, 1)
    while day.year == year:
        is_working = day in worked or (day.weekday() < _SATURDAY and day not in off)
        days.append(CalendarDay(date=day, is_working=is_working, is_short=day in short))
        day += timedelta(days=1)
    counted = sum(each.is_working for each in days)
    if counted != data["working_days"]:
        text = _(
            "The year has %(counted)s working days by its dates, but “working_days” says %(said)s."
        )
        raise _wrong("working_days", text % {"counted": counted, "said": data["working_days"]})
    return _stored(year, data, days)


@transaction.atomic
def _stored(year: int, data: dict[str, Any], days: list[CalendarDay]) -> CalendarYear:
    version = hashlib.sha256(
        json.dumps([data[name] for name in ("days_off", "working", "short")]).encode()
    ).hexdigest()[:12]
    stored, _made = CalendarYear.objects.update_or_create(
        year=year,
        defaults={"version": version, "source": data["source"], "loaded_at": clock.now()},
    )
    stored.days.all().delete()
    for each in days:
        each.year = stored
    CalendarDay.objects.bulk_create(days)
    return stored


def load_known_years() -> list[int]:
    """Loads the years that come with the program and are not there yet."""
    known = set(CalendarYear.objects.values_list("year", flat=True))
    return [
        load_year(path.read_text(encoding="utf-8")).year
        for path in sorted(DATA.glob("*.json"))
        if int(path.stem) not in known
    ]


def _parsed(content: str) -> dict[str, Any]:
    try:
        data = json.loads(content)
    except json.JSONDecodeError as error:
        text = _("This is not JSON: line %(line)s, column %(column)s.")
        raise _wrong("", text % {"line": error.lineno, "column": error.colno}) from error
    if not isinstance(data, dict):
        raise _wrong("", _("A calendar is an object with a year and its days."))
    for name, kind in {"year": int, "source": str, "working_days": int, "days_off": list,
                       "working": list, "short": list}.items():  # fmt: skip
        if not isinstance(data.get(name), kind) or isinstance(data[name], bool):
            raise _wrong(name, _("Missing, or not of the right kind."))
    if not 2000 <= data["year"] <= 2100:
        raise _wrong("year", _("This is no year of our time."))
    return data


def _dates(data: dict[str, Any], name: str, year: int) -> set[date]:
    found: set[date] = set()
    for number, text in enumerate(data[name]):
        place = f"{name}[{number}]"
        try:
            day = date.fromisoformat(f"{year}-{text}")
        except (ValueError, TypeError) as error:
            raise _wrong(
                place, _("“%(text)s” is no date: write MM-DD.") % {"text": text}
            ) from error
        if day in found:
            raise _wrong(place, _("“%(text)s” is there twice.") % {"text": text})
        is_weekend = day.weekday() >= _SATURDAY
        if name == "days_off" and is_weekend:
            raise _wrong(
                place, _("“%(text)s” is a weekend day, it is off anyway.") % {"text": text}
            )
        if name == "working" and not is_weekend:
            raise _wrong(place, _("“%(text)s” is a weekday, it is worked anyway.") % {"text": text})
        found.add(day)
    return found


def _wrong(place: str, message: str) -> InvalidInput:
    return InvalidInput(f"{place}: {message}" if place else message, code="bad_calendar",
                        fields={place: message} if place else {})  # fmt: skip
