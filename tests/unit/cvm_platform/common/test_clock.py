"""The clock can be set for a replay, and only for those inside it."""

import threading
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from cvm_platform.common import clock

MOMENT = datetime(2026, 3, 1, 21, 30, tzinfo=UTC)


def test_a_standing_clock_shows_its_moment_in_utc() -> None:
    omsk = timezone(timedelta(hours=6))
    with clock.at(MOMENT.astimezone(omsk)):
        assert clock.now() == MOMENT
        assert clock.now().tzinfo is UTC
        assert clock.today("Europe/Moscow") == date(2026, 3, 2)
        assert clock.today("Europe/London") == date(2026, 3, 1)


def test_a_ticking_clock_goes_on_from_its_moment() -> None:
    with clock.at(MOMENT, ticking=True):
        first, second = clock.now(), clock.now()
    assert MOMENT < first < second < MOMENT + timedelta(minutes=1)


def test_nested_moments_end_in_order_even_after_an_error() -> None:
    before = datetime.now(UTC)
    with clock.at(MOMENT):
        with pytest.raises(KeyError), clock.at(MOMENT - timedelta(days=1)):
            assert clock.now() == MOMENT - timedelta(days=1)
            raise KeyError
        assert clock.now() == MOMENT
    assert before <= clock.now() <= datetime.now(UTC)


def test_another_thread_keeps_the_real_time() -> None:
    seen: list[datetime] = []
    with clock.at(MOMENT):
        thread = threading.Thread(target=lambda: seen.append(clock.now()))
        thread.start()
        thread.join()
    assert abs(seen[0] - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"), clock.at(datetime(2026, 3, 1)):  # noqa: DTZ001 - the point
        pass
