"""Why a company's health is what it is: said in the language of whoever reads it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from tenants.tenancy.health import reason_in_words

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("code", "language", "expected"),
    [
        ("fresh", "ru", "Данные свежие"),
        ("fresh", "en", "Data is fresh"),
        ("no_data", "en", "No data loaded yet"),
        ("no_orders", "ru", "Заказов ещё нет"),
        ("silent", "ru", "Заказов нет 9 дней"),
        ("silent", "en", "No orders for 9 days"),
        ("written by hand", "ru", "written by hand"),
    ],
)
def test_reason_in_the_readers_language(code: str, language: str, expected: str) -> None:
    with translation.override(language):
        assert reason_in_words(code, NOW - timedelta(days=9, hours=3), NOW) == expected
