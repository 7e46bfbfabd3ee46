from decimal import Decimal

import pytest
from django.utils import translation

from cvm_platform.common import figures


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0, 0, "0"),
        (999, 0, "999"),
        (1000, 0, "1\u202f000"),
        (1_284_000, 0, "1\u202f284\u202f000"),
        (-1204, 0, "\u22121\u202f204"),
        (84.25, 1, "84,2"),
        (84.35, 1, "84,4"),
        (0.5, 0, "0"),
        (1.5, 0, "2"),
        (-0.2, 0, "0"),
        (Decimal("9.1"), 2, "9,10"),
    ],
)
def test_number_in_russian(value: figures.Number, digits: int, text: str) -> None:
    with translation.override("ru"):
        assert figures.number(value, digits=digits) == text


@pytest.mark.parametrize(
    ("minor", "text"),
    [
        (128_400_000, "1\u202f284\u202f000\u00a0₽"),
        (0, "0\u00a0₽"),
        (12, "0,12\u00a0₽"),
        (8420, "84,20\u00a0₽"),
        (9_999, "99,99\u00a0₽"),
        (10_050, "100\u00a0₽"),
        (9_900, "99\u00a0₽"),
        (-12, "\u22120,12\u00a0₽"),
    ],
)
def test_money_in_russian(minor: int, text: str) -> None:
    with translation.override("ru"):
        assert figures.money(minor, "RUB") == text


def test_sign_stands_on_every_difference_but_zero() -> None:
    with translation.override("ru"):
        assert figures.money(20_995_800, "RUB", signed=True) == "+209\u202f958\u00a0₽"
        assert figures.money(-7_400_000, "RUB", signed=True) == "\u221274\u202f000\u00a0₽"
        assert figures.money(0, "RUB", signed=True) == "0\u00a0₽"


@pytest.mark.parametrize(
    ("minor", "text"),
    [
        (800_000, "8\u202f000\u00a0₽"),
        (999_949, "9\u202f999\u00a0₽"),
        (999_951, "10\u00a0тыс.\u00a0₽"),
        (1_060_000, "10,6\u00a0тыс.\u00a0₽"),
        (64_000_000, "640\u00a0тыс.\u00a0₽"),
        (99_960_000, "1\u00a0млн\u00a0₽"),
        (193_000_000, "1,93\u00a0млн\u00a0₽"),
        (1_240_000_000, "12,4\u00a0млн\u00a0₽"),
        (250_000_000_000, "2,5\u00a0млрд\u00a0₽"),
        (-1_234_500_000, "\u221212,3\u00a0млн\u00a0₽"),
    ],
)
def test_short_money_has_three_significant_digits(minor: int, text: str) -> None:
    with translation.override("ru"):
        assert figures.money_short(minor, "RUB") == text


def test_english_puts_the_sign_of_money_first() -> None:
    with translation.override("en"):
        assert figures.money(128_400_000, "GBP", signed=True) == "+£1,284,000"
        assert figures.money_short(-193_000_000, "RUB") == "\u2212₽1.93M"
        assert figures.percent(0.343, digits=1) == "34.3%"
        assert figures.number_short(249_000) == "249K"


def test_percent_in_russian() -> None:
    with translation.override("ru"):
        assert figures.percent(0.343, digits=1) == "34,3\u00a0%"
        assert figures.percent(-0.05, signed=True) == "\u22125\u00a0%"
        assert figures.percent(0.05, signed=True) == "+5\u00a0%"


def test_currency_without_a_sign_is_named() -> None:
    with translation.override("ru"):
        assert figures.money(500_000, "CHF") == "5\u202f000\u00a0CHF"
