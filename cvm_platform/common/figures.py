"""Figures as people read them: grouping, signs, short forms, money. Russian and English.

Russian: narrow no-break spaces in thousands, decimal comma, the sign of money after the number.
English: commas, decimal point, the sign of money before the number. A minus is U+2212 in both.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from django.utils.translation import get_language

from cvm_platform.common.money import symbol

MINUS = "\u2212"
NBSP = "\u00a0"
THIN = "\u202f"
SHORT_FROM = 10_000
SIGNIFICANT = 3
# below this many units of a currency the hundredths matter to the reader
HUNDREDTHS_BELOW = 100

Number = int | float | Decimal


@dataclass(frozen=True, slots=True)
class Style:
    group: str
    point: str
    is_symbol_first: bool
    short: tuple[tuple[int, str], ...]
    percent: str


_RUSSIAN = Style(
    THIN, ",", False,
    ((10**9, f"{NBSP}млрд"), (10**6, f"{NBSP}млн"), (10**3, f"{NBSP}тыс.")), f"{NBSP}%",
)  # fmt: skip
_ENGLISH = Style(",", ".", True, ((10**9, "B"), (10**6, "M"), (10**3, "K")), "%")


def _style() -> Style:
    return _ENGLISH if (get_language() or "ru").startswith("en") else _RUSSIAN


def _round(value: Number, digits: int) -> Decimal:
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_EVEN)


def _sign(value: Number, *, signed: bool) -> str:
    if value < 0:
        return MINUS
    return "+" if signed and value > 0 else ""


def _plain(value: Decimal, style: Style) -> str:
    whole, _dot, part = f"{abs(value):,f}".partition(".")
    return whole.replace(",", style.group) + (style.point + part if part else "")


def number(value: Number, *, digits: int = 0, signed: bool = False) -> str:
    """12345.6 → "12 346"; `digits` after the point, kept even when zero."""
    rounded = _round(value, digits)
    return _sign(rounded, signed=signed) + _plain(rounded, _style())


def number_short(value: Number, *, signed: bool = False) -> str:
    """Three significant digits from 10 000 on: "640 тыс.", "1,93 млн"; below as `number`."""
    return _sign(value, signed=signed) + "".join(_short(value, _style()))


def percent(share: Number, *, digits: int = 0, signed: bool = False) -> str:
    """A share of one as a percentage: 0.343 → "34 %"."""
    return number(share * 100, digits=digits, signed=signed) + _style().percent


def _short(value: Number, style: Style) -> tuple[str, str]:
    size = abs(Decimal(str(value)))
    if size.quantize(Decimal(1), rounding=ROUND_HALF_EVEN) < SHORT_FROM:
        return _plain(_round(size, 0), style), ""
    for step, name in style.short:
        # 999 600 reads as "1 млн", not as "1 000 тыс."
        if size >= Decimal(step) * Decimal("0.9995"):
            scaled = size / step
            digits = max(0, SIGNIFICANT - len(str(int(scaled))))
            text = _plain(_round(scaled, digits), style)
            return (text.rstrip("0").rstrip(style.point) if digits else text), name
    raise AssertionError("the smallest step is below SHORT_FROM")  # pragma: no cover


def _with_symbol(body: str, sign: str, currency: str, style: Style) -> str:
    mark = symbol(currency)
    return f"{sign}{mark}{body}" if style.is_symbol_first else f"{sign}{body}{NBSP}{mark}"


def money(minor: Number, currency: str, *, signed: bool = False, digits: int | None = None) -> str:
    """Minor units as money.

    Args:
        digits: after the point; by default two for small sums with a part of a unit, else none.
    """
    units = Decimal(str(minor)) / 100
    if digits is None:
        is_small = abs(units) < HUNDREDTHS_BELOW and units != units.to_integral_value()
        digits = 2 if is_small else 0
    rounded, style = _round(units, digits), _style()
    return _with_symbol(_plain(rounded, style), _sign(rounded, signed=signed), currency, style)


def money_short(minor: Number, currency: str, *, signed: bool = False) -> str:
    units, style = Decimal(str(minor)) / 100, _style()
    if abs(_round(units, 0)) < SHORT_FROM:
        return money(minor, currency, signed=signed)
    return _with_symbol("".join(_short(units, style)), _sign(units, signed=signed), currency, style)
