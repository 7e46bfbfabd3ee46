"""When: {"kind": "ever"}, {"kind": "last", "days": 30}, {"kind": "ago", "from_days": 60,
"to_days": 30}, {"kind": "dates", "from": "2026-01-01", "to": "2026-01-31"} (days of the tenant,
both included).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaigns.segments.contracts import MAX_DAYS
from campaigns.segments.fields.base import Field, Form, Problem, Schema, is_int, whole

KINDS: dict[str, str | Promise] = {
    "last": gettext_lazy("in the last … days"),
    "ago": gettext_lazy("between … and … days ago"),
    "dates": gettext_lazy("from … to … (dates)"),
    "ever": gettext_lazy("ever"),
}
PARTS = {"last": ("days",), "ago": ("from_days", "to_days"), "dates": ("from", "to"), "ever": ()}
_EARLIEST_YEAR, _LATEST_YEAR = 1990, 2200


def _day(value: Any) -> date | None:
    try:
        day = date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        return None
    return day if day and _EARLIEST_YEAR <= day.year <= _LATEST_YEAR else None


def bounds(
    window: Mapping[str, Any], as_of: datetime, zone: str
) -> tuple[datetime | None, datetime | None]:
    """(after, until): a moment t fits when after < t <= until; None is no bound."""
    kind = window["kind"]
    if kind == "ever":
        return None, as_of
    if kind == "last":
        return as_of - timedelta(days=window["days"]), as_of
    if kind == "ago":
        days = timedelta(days=window["from_days"]), timedelta(days=window["to_days"])
        return as_of - days[0], as_of - days[1]
    tick = timedelta(microseconds=1)
    first, last = _day(window["from"]), _day(window["to"])
    if first is None or last is None:
        raise ValueError("unchecked window")
    start = datetime.combine(first, time.min, ZoneInfo(zone))
    end = datetime.combine(last + timedelta(days=1), time.min, ZoneInfo(zone))
    return start - tick, end - tick


def window_sql(
    column: str, window: Mapping[str, Any], as_of: datetime, zone: str, param: Callable[[Any], str]
) -> str:
    after, until = bounds(window, as_of, zone)
    parts = [f"{column} > {param(after)}"] if after else []
    parts += [f"{column} <= {param(until)}"] if until else []
    return " AND ".join(parts) or "true"


def describe_window(window: Mapping[str, Any]) -> str:
    kind = window["kind"]
    if kind == "last":
        days = window["days"]
        return ngettext("in the last %(days)s day", "in the last %(days)s days", days) % {
            "days": days
        }
    if kind == "ago":
        return _("between %(first)s and %(second)s days ago") % {
            "first": window["from_days"], "second": window["to_days"],
        }  # fmt: skip
    if kind == "dates":
        dates = {side: date.fromisoformat(window[side]) for side in PARTS[kind]}
        shown = {side: date_format(day, "SHORT_DATE_FORMAT") for side, day in dates.items()}
        return _("from %(from)s to %(to)s") % shown
    return _("ever")


@dataclass(frozen=True)
class WindowField(Field):
    template = "campaigns/segments/fields/window.html"

    def schema(self) -> Schema:
        return {"$ref": "#/$defs/window"}

    def check(self, value: Any, node: Mapping[str, Any]) -> Iterator[Problem]:
        del node
        if not isinstance(value, dict) or value.get("kind") not in PARTS:
            yield Problem("unknown_window", _("Choose a period."))
            return
        parts = PARTS[value["kind"]]
        if set(value) != {"kind", *parts}:
            yield Problem("missing", _("Fill in the period."))
        elif value["kind"] == "dates":
            first, last = _day(value["from"]), _day(value["to"])
            if first is None or last is None:
                yield Problem("not_a_date", _("Enter both dates."))
            elif first > last:
                yield Problem("low_above_high", _("The period ends before it begins."))
        else:
            yield from _check_days([value[part] for part in parts])

    def read(self, form: Form, prefix: str, node: Mapping[str, Any]) -> Any:
        del node
        kind = form.get(f"{prefix}:kind", "")
        texts = {part: form.get(f"{prefix}:{part}", "") for part in PARTS.get(kind, ())}
        if kind == "dates":
            return {"kind": kind, **{part: text.strip() for part, text in texts.items()}}
        return {"kind": kind, **{part: whole(text) for part, text in texts.items()}}

    def context(self, value: Any, node: Mapping[str, Any]) -> dict[str, Any]:
        del node
        value = value if isinstance(value, dict) else {}
        kind = value.get("kind", "")
        inputs = [(part, str(value.get(part, ""))) for part in PARTS.get(kind, ())]
        return {"kinds": list(KINDS.items()), "kind": kind, "inputs": inputs}


def _check_days(days: list[Any]) -> Iterator[Problem]:
    if not all(is_int(number) for number in days):
        yield Problem("not_a_number", _("Enter a number of days."))
    elif not all(0 <= number <= MAX_DAYS for number in days):
        yield Problem("out_of_range", _("Days run from 0 to 36,500."))
    elif len(days) == 1 and days[0] == 0:
        yield Problem("out_of_range", _("A period has at least one day."))
    elif len(days) == 2 and days[0] <= days[1]:
        yield Problem("low_above_high", _("The first number of days must be the larger one."))
