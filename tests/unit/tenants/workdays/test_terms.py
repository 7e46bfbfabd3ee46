"""Terms on the Russian production calendar: known dates, and what always holds."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.workdays.contracts import WorkCalendar, hours_after, share_of_term
from tenants.workdays.services import DATA

MOSCOW = "Europe/Moscow"


def _calendar() -> WorkCalendar:
    working = set()
    years = set()
    for path in DATA.glob("*.json"):
        data = json.loads(path.read_text(encoding="utf-8"))
        year = data["year"]
        years.add(year)
        day = date(year, 1, 1)
        while day.year == year:
            key = f"{day:%m-%d}"
            if key in data["working"] or (day.weekday() < 5 and key not in data["days_off"]):
                working.add(day)
            day += timedelta(days=1)
    return WorkCalendar(frozenset(working), frozenset(years), "test")


CALENDAR = _calendar()
VECTORS = [
    # received: 3, 7, 10, 10 + 5 working days, 30 calendar days, the working day before that
    "2026-10-30: 2026-11-05 2026-11-11 2026-11-16 2026-11-23 2026-11-29 2026-11-27",
    "2026-12-25: 2026-12-30 2027-01-14 2027-01-19 2027-01-26 2027-01-24 2027-01-22",
    "2026-12-31: 2027-01-13 2027-01-19 2027-01-22 2027-01-29 2027-01-30 2027-01-29",
    "2027-02-08: 2027-02-11 2027-02-17 2027-02-20 2027-03-02 2027-03-10 2027-03-10",
    "2027-04-23: 2027-04-28 2027-05-05 2027-05-11 2027-05-18 2027-05-23 2027-05-21",
]
DAYS = st.dates(date(2026, 1, 1), date(2027, 10, 1))


@pytest.mark.parametrize("vector", VECTORS, ids=[row[:10] for row in VECTORS])
def test_known_dates(vector: str) -> None:
    received, *expected = (date.fromisoformat(text) for text in vector.replace(":", "").split())
    calendar_days = CALENDAR.calendar_term(received, 30)
    assert [
        CALENDAR.working_term(received, 3).last_day,
        CALENDAR.working_term(received, 7).last_day,
        CALENDAR.working_term(received, 10).last_day,
        CALENDAR.extended_term(received, 10, 5).last_day,
        calendar_days.last_day,
        calendar_days.inner_day,
    ] == expected


def test_a_term_ends_with_the_last_second_of_its_day_in_the_operators_zone() -> None:
    term = CALENDAR.working_term(date(2026, 12, 25), 10)
    assert term.due_at(MOSCOW) == datetime(2027, 1, 19, 20, 59, 59, tzinfo=UTC)
    assert term.due_at("Asia/Vladivostok") == datetime(2027, 1, 19, 13, 59, 59, tzinfo=UTC)


def test_a_year_without_a_calendar_gives_a_provisional_date_two_working_days_early() -> None:
    term = CALENDAR.working_term(date(2027, 12, 28), 10)
    # 29, 30, (31 off), 3, 4, 5, 6, 7, 10 January: the eighth day; the tenth would be 12 January
    assert (term.last_day, term.is_provisional) == (date(2028, 1, 10), True)
    assert not CALENDAR.working_term(date(2027, 12, 1), 10).is_provisional


def test_months_end_at_the_same_number_or_the_last_day() -> None:
    assert CALENDAR.month_term(date(2026, 8, 31), 6).last_day == date(2027, 2, 28)
    assert CALENDAR.month_term(date(2026, 5, 11), 6).last_day == date(2026, 11, 11)
    assert CALENDAR.month_term(date(2026, 11, 11), 36).last_day == date(2029, 11, 11)


def test_hours_of_a_leak_never_pause() -> None:
    detected = datetime.fromisoformat("2026-11-14T22:10:00+03:00")  # a Saturday
    assert hours_after(detected, 24) == datetime.fromisoformat("2026-11-15T22:10:00+03:00")
    assert hours_after(detected, 72) == datetime.fromisoformat("2026-11-17T22:10:00+03:00")


def test_share_of_a_term() -> None:
    start = datetime(2026, 11, 1, tzinfo=UTC)
    due = start + timedelta(days=10)
    assert share_of_term(start, due, start - timedelta(days=1)) == 0
    assert share_of_term(start, due, start + timedelta(days=8)) == pytest.approx(0.8)
    assert share_of_term(start, due, start + timedelta(days=12)) == pytest.approx(1.2)
    assert share_of_term(due, due, due) == 1


def test_no_term_is_shorter_than_a_day() -> None:
    with pytest.raises(ValueError, match="at least one day"):
        CALENDAR.working_term(date(2026, 3, 2), 0)


@given(DAYS, st.integers(1, 40))
def test_a_working_term_ends_on_a_working_day_with_so_many_after_the_receipt(
    received: date, days: int
) -> None:
    term = CALENDAR.working_term(received, days)
    assert CALENDAR.is_working(term.last_day)
    between = (term.last_day - received).days
    counted = sum(CALENDAR.is_working(received + timedelta(days=n)) for n in range(1, between + 1))
    assert counted == days


@given(DAYS, DAYS, st.integers(1, 30))
def test_who_comes_later_is_never_due_earlier(one: date, other: date, days: int) -> None:
    first, second = sorted((one, other))
    assert (
        CALENDAR.working_term(first, days).last_day <= CALENDAR.working_term(second, days).last_day
    )


@given(DAYS, st.integers(1, 20), st.integers(1, 5))
def test_an_extension_counts_on_from_the_old_end(received: date, days: int, more: int) -> None:
    plain = CALENDAR.working_term(received, days)
    assert (
        CALENDAR.extended_term(received, days, more).last_day
        == CALENDAR.working_term(plain.last_day, more).last_day
    )


@given(DAYS, st.integers(1, 90))
def test_calendar_days_do_not_move_forward_and_the_inner_day_is_worked(
    event: date, days: int
) -> None:
    term = CALENDAR.calendar_term(event, days)
    assert term.last_day == event + timedelta(days=days)
    assert term.inner_day <= term.last_day
    assert CALENDAR.is_working(term.inner_day)
