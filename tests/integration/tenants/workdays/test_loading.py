"""A year of the calendar is loaded whole, or not at all with the place that is wrong."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from cvm_platform.common.errors import InvalidInput
from tenants.workdays.models import CalendarDay, CalendarYear
from tenants.workdays.selectors import missing_years, work_calendar
from tenants.workdays.services import DATA, load_known_years, load_year

pytestmark = pytest.mark.django_db
Change = Callable[[dict[str, Any]], object]


def _data(year: int = 2027) -> dict[str, Any]:
    return dict(json.loads((DATA / f"{year}.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize("year", [2026, 2027])
def test_the_known_years_are_there_and_have_247_working_days(year: int) -> None:
    days = CalendarDay.objects.filter(year=year)
    assert days.count() == 365
    assert days.filter(is_working=True).count() == 247
    assert load_known_years() == []  # there already


def test_a_saturday_can_be_worked_and_a_weekday_off() -> None:
    calendar = work_calendar()
    assert calendar.is_working(date(2027, 2, 20))
    assert not calendar.is_working(date(2027, 2, 22))
    assert CalendarDay.objects.get(date=date(2026, 4, 30)).is_short


def test_loading_again_replaces_the_year_and_changes_the_version() -> None:
    before = work_calendar().version
    data = _data()
    data["days_off"].remove("12-31")
    load_year(json.dumps(data | {"working_days": 248}))
    assert CalendarDay.objects.filter(year=2027).count() == 365
    assert work_calendar().is_working(date(2027, 12, 31))
    assert work_calendar().version != before


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda data: data.pop("source"), "source"),
        (lambda data: data.update(year="2027"), "year"),
        (lambda data: data.update(year=True), "year"),
        (lambda data: data.update(year=27), "year"),
        (lambda data: data["days_off"].append("02-30"), "days_off[15]"),
        (lambda data: data["days_off"].append(5), "days_off[15]"),
        (lambda data: data["days_off"].append("01-01"), "days_off[15]"),
        (lambda data: data["days_off"].append("01-02"), "days_off[15]"),
        (lambda data: data["working"].append("03-01"), "working[1]"),
        (lambda data: data.update(working_days=250), "working_days"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_changes(change: Change, place: str) -> None:
    before = list(CalendarDay.objects.values_list("date", "is_working", "is_short"))
    data = _data()
    change(data)
    with pytest.raises(InvalidInput) as caught:
        load_year(json.dumps(data))
    assert list(caught.value.fields) == [place]
    assert caught.value.message.startswith(f"{place}: ")
    assert list(CalendarDay.objects.values_list("date", "is_working", "is_short")) == before


@pytest.mark.parametrize("content", ["{", "[]", '"2027"'])
def test_a_file_that_is_no_calendar(content: str) -> None:
    with pytest.raises(InvalidInput):
        load_year(content)


def test_next_year_is_missed_from_october_on() -> None:
    assert missing_years(2027, 9, 30) == []
    assert missing_years(2027, 10, 1) == [2028]
    assert missing_years(2028, 1, 1) == [2028]


def test_the_command_loads_and_says_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "2027.json"
    path.write_text(json.dumps(_data() | {"source": "again"}), encoding="utf-8")
    call_command("load_calendar", str(path), verbosity=0)
    assert CalendarYear.objects.get(year=2027).source == "again"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(CommandError, match="not UTF-8 at byte 0"):
        call_command("load_calendar", str(path))
    with pytest.raises(CommandError, match="No such file"):
        call_command("load_calendar", str(tmp_path / "none.json"))
