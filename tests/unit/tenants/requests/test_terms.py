"""Dates of every type of request: known ones, and what always holds across holidays."""

import json
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.requests.contracts import MOST_EXTENSION, RULES, Type, Unit, terms_of
from tenants.workdays.contracts import WorkCalendar
from tenants.workdays.services import DATA

MOSCOW = "Europe/Moscow"
ZONES = ["Europe/Kaliningrad", MOSCOW, "Asia/Yekaterinburg", "Asia/Vladivostok", "UTC"]


def _calendar() -> WorkCalendar:
    working, years = set(), set()
    for path in DATA.glob("*.json"):
        data = json.loads(path.read_text(encoding="utf-8"))
        years.add(data["year"])
        day = date(data["year"], 1, 1)
        while day.year == data["year"]:
            key = f"{day:%m-%d}"
            if key in data["working"] or (day.weekday() < 5 and key not in data["days_off"]):
                working.add(day)
            day += timedelta(days=1)
    return WorkCalendar(frozenset(working), frozenset(years), "test")


CALENDAR = _calendar()
SECONDS = (datetime(2027, 10, 1, tzinfo=UTC) - datetime(2026, 1, 1, tzinfo=UTC)).total_seconds()
RECEIVED = st.integers(0, int(SECONDS)).map(
    lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


def day_of(moment: datetime, zone: str = MOSCOW) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()


@pytest.mark.parametrize(
    ("kind", "received", "more", "due"),
    [
        (Type.STOP_21_5_1, "2026-12-25", 0, "2027-01-19"),
        (Type.STOP_21_5_1, "2026-12-25", 5, "2027-01-26"),
        (Type.ACCESS_14, "2027-02-08", 0, "2027-02-20"),
        (Type.RECTIFY_20_3, "2026-10-30", 0, "2026-11-11"),
        (Type.WITHDRAW_21_5, "2026-10-30", 0, "2026-11-29"),
        (Type.OBJECT_AUTOMATED_16, "2026-12-25", 0, "2027-01-24"),
        (Type.BLOCK_21_1, "2026-10-30", 0, "2026-11-05"),
        (Type.STOP_PROMO_15_2, "2026-10-30", 0, "2026-11-02"),
    ],
)
def test_known_dates(kind: str, received: str, more: int, due: str) -> None:
    at = datetime.combine(date.fromisoformat(received), time(12), ZoneInfo(MOSCOW))
    terms = terms_of(kind, at, CALENDAR, MOSCOW, more)
    assert terms.due_at == datetime.combine(
        date.fromisoformat(due), time(23, 59, 59), ZoneInfo(MOSCOW)
    )
    assert not terms.is_provisional


def test_the_day_of_receipt_is_the_operators() -> None:
    # late on Thursday in UTC it is Friday in Vladivostok already
    at = datetime(2027, 2, 4, 20, tzinfo=UTC)
    assert day_of(terms_of(Type.RECTIFY_20_3, at, CALENDAR, MOSCOW).due_at) == date(2027, 2, 15)
    east = "Asia/Vladivostok"
    assert day_of(terms_of(Type.RECTIFY_20_3, at, CALENDAR, east).due_at, east) == date(2027, 2, 16)


def test_a_year_that_is_not_loaded_is_provisional_and_early() -> None:
    at = datetime(2027, 12, 28, 9, tzinfo=UTC)
    terms = terms_of(Type.ACCESS_14, at, CALENDAR, MOSCOW)
    assert terms.is_provisional
    assert day_of(terms.due_at) == date(2028, 1, 10)  # the tenth Monday-to-Friday day is the 12th


@given(st.sampled_from(list(Type)), RECEIVED, st.sampled_from(ZONES))
def test_the_own_target_is_never_later_than_the_law(kind: str, at: datetime, zone: str) -> None:
    terms = terms_of(kind, at, CALENDAR, zone)
    assert at < terms.due_at
    assert terms.internal_due_at <= terms.due_at
    last = terms.due_at.astimezone(ZoneInfo(zone))
    assert (last.hour, last.minute, last.second) == (23, 59, 59)


@given(st.sampled_from(list(Type)), RECEIVED, st.sampled_from(ZONES))
def test_as_many_working_days_lie_between_as_the_law_gives(
    kind: str, at: datetime, zone: str
) -> None:
    rule, terms = RULES[kind], terms_of(kind, at, CALENDAR, zone)
    first, last = day_of(at, zone), day_of(terms.due_at, zone)
    days = [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]
    if rule.unit == Unit.CALENDAR:
        assert len(days) == rule.amount
    else:
        assert sum(map(CALENDAR.is_working, days)) == rule.amount
        assert CALENDAR.is_working(last)


@given(st.sampled_from(list(Type)), RECEIVED, RECEIVED)
def test_who_asks_later_is_never_due_earlier(kind: str, one: datetime, other: datetime) -> None:
    first, second = sorted((one, other))
    assert (
        terms_of(kind, first, CALENDAR, MOSCOW).due_at
        <= terms_of(kind, second, CALENDAR, MOSCOW).due_at
    )


@given(
    st.sampled_from([kind for kind in Type if RULES[kind].may_extend]), RECEIVED,
    st.integers(1, MOST_EXTENSION),
)  # fmt: skip
def test_an_extension_counts_on_from_the_old_end(kind: str, at: datetime, more: int) -> None:
    plain = day_of(terms_of(kind, at, CALENDAR, MOSCOW).due_at)
    longer = day_of(terms_of(kind, at, CALENDAR, MOSCOW, more).due_at)
    assert longer == CALENDAR.working_term(plain, more).last_day


def test_only_what_the_law_names_may_be_extended() -> None:
    assert {kind for kind in Type if RULES[kind].may_extend} == {
        Type.ACCESS_14, Type.STOP_21_5_1, Type.REGULATOR_20_4, Type.INFO_18_1,
    }  # fmt: skip
