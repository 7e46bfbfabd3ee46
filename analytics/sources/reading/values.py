"""Texts into values, each distinct text once: in a file most of them repeat."""

import datetime as dt
import re
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

_REMEMBERED = 200_000
_SPACES = re.compile(r"[\s\u00a0\u202f'’]+")
_CURRENCY = re.compile(r"(?:₽|руб\.?|р\.|£|€|\$)$", re.IGNORECASE)
_FLOAT_ID = re.compile(r"(\d+)\.0+")
_YEAR_FIRST = re.compile(
    r"(?P<y>\d{4})[-./](?P<m>\d{1,2})[-./](?P<d>\d{1,2})"
    r"(?:[T ]+(?P<h>\d{1,2}):(?P<mi>\d{2})(?::(?P<s>\d{2})(?:[.,]\d+)?)?)?\s*"
    r"(?P<zone>Z|[+-]\d{2}:?\d{2})?"
)
_YEAR_LAST = re.compile(
    r"(?P<a>\d{1,2})[-./](?P<b>\d{1,2})[-./](?P<y>\d{4}|\d{2})"
    r"(?:[T ,]+(?P<h>\d{1,2}):(?P<mi>\d{2})(?::(?P<s>\d{2}))?\s*(?P<half>[AaPp][Mm])?)?"
)
_COMPACT = re.compile(r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})")
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_SERIAL_ZERO = dt.datetime(1899, 12, 30)  # noqa: DTZ001 a spreadsheet's day has no zone
FIRST_YEAR = 2000
# their product and its sums stay far inside 64 bits
_MAX_MINOR = 10**12
_MAX_QUANTITY = 10**6


class Bad(str):
    """A value that cannot be taken: the code of the reason."""

    __slots__ = ()


class Remembered(dict[str, Any]):
    """text → value, worked out once; forgets everything when it has grown too far."""

    def __init__(self, work: Callable[[str], Any]) -> None:
        super().__init__()
        self._work = work

    def __missing__(self, text: str) -> Any:
        if len(self) >= _REMEMBERED:
            self.clear()
        value = self[text] = self._work(text)
        return value


def decimal_of(text: str) -> Decimal | None:
    """A number as people write it: 1 234,50 · 1,234.50 · 2,55 ₽. None: no number."""
    plain = _SPACES.sub("", text).replace("\u2212", "-")
    plain = _CURRENCY.sub("", plain)
    if "," in plain and "." in plain:
        thousands = "," if plain.rfind(".") > plain.rfind(",") else "."
        plain = plain.replace(thousands, "")
    if plain.count(",") > 1:
        plain = plain.replace(",", "")
    try:
        number = Decimal(plain.replace(",", "."))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def money(reason: str, *, required: bool) -> Remembered:
    """Minor units, half to even; None for an empty text unless it is required."""

    def work(text: str) -> int | Bad | None:
        if not text.strip():
            return Bad(reason) if required else None
        number = decimal_of(text)
        if number is None or abs(number) * 100 > _MAX_MINOR:
            return Bad(reason)
        return int((number * 100).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))

    return Remembered(work)


def whole(text: str) -> int | Bad:
    """A quantity."""
    number = decimal_of(text)
    if number is None or number != number.to_integral_value() or abs(number) > _MAX_QUANTITY:
        return Bad("bad_quantity")
    return int(number) or Bad("zero_quantity")


def code_of(text: str) -> str:
    """An id; a spreadsheet's 17850.0 is 17850."""
    plain = text.strip()
    found = _FLOAT_ID.fullmatch(plain)
    return found.group(1) if found else plain


def _parts(text: str, order: str) -> dict[str, Any] | None:
    found = _YEAR_FIRST.fullmatch(text) or _COMPACT.fullmatch(text)
    if found:
        return found.groupdict()
    found = _YEAR_LAST.fullmatch(text)
    if not found:
        return None
    parts: dict[str, Any] = found.groupdict()
    day, month = (parts["b"], parts["a"]) if order == "mdy" else (parts["a"], parts["b"])
    hour = int(parts["h"] or 0)
    if parts["half"]:
        hour = hour % 12 + (12 if parts["half"].lower() == "pm" else 0)
    year = parts["y"] if len(parts["y"]) == 4 else f"20{parts['y']}"
    return {**parts, "y": year, "m": month, "d": day, "h": hour}


def moment_of(text: str, zone: ZoneInfo, order: str) -> dt.datetime | None:
    """An aware UTC time; None: no date. A text without a zone is in `zone`."""
    plain = text.strip()
    parts = _parts(plain, order)
    try:
        if parts is None:
            if not _SERIAL.fullmatch(plain):
                return None
            naive = _SERIAL_ZERO + dt.timedelta(days=float(plain))
            naive = naive.replace(microsecond=0)
        else:
            naive = dt.datetime(  # noqa: DTZ001 the zone follows below
                int(parts["y"]), int(parts["m"]), int(parts["d"]), int(parts.get("h") or 0),
                int(parts.get("mi") or 0), int(parts.get("s") or 0),
            )  # fmt: skip
        offset = (parts or {}).get("zone")
        if offset:
            return dt.datetime.fromisoformat(f"{naive.isoformat()}{offset}").astimezone(dt.UTC)
        return naive.replace(tzinfo=zone).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def moments(zone: ZoneInfo, order: str, now: dt.datetime, *, required: bool) -> Remembered:
    """Aware UTC times between 2000 and tomorrow."""
    limit = now + dt.timedelta(days=1)

    def work(text: str) -> dt.datetime | Bad | None:
        if not required and not text.strip():
            return None
        moment = moment_of(text, zone, order)
        if moment is None:
            return Bad("bad_date")
        if moment > limit:
            return Bad("future_date")
        return moment if moment.year >= FIRST_YEAR else Bad("old_date")

    return Remembered(work)


def text_field(limit: int, clean: Callable[[str], str] = str.strip) -> Remembered:
    """Texts of at most `limit` characters; None for an empty one."""

    def work(text: str) -> str | None:
        plain = clean(text)
        if "\x00" in plain:  # PostgreSQL keeps no such text
            return Bad("bad_text")
        return Bad("long_value") if len(plain) > limit else plain or None

    return Remembered(work)
