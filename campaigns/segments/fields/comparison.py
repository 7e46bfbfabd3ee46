"""A comparison with a number, typed by a person in rubles, stored in kopecks."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any

from django.utils.translation import gettext as _

from campaigns.segments.comparisons import LABELS, ORDER_OPS, PRESENCE_OPS
from campaigns.segments.contracts import MAX_DAYS, MAX_NUMBER
from campaigns.segments.fields.base import Field, Form, Problem, Schema, is_int, whole

Unit = Callable[[Mapping[str, Any]], str]
MONEY, DAYS, COUNT, NUMBER = "money", "days", "count", "number"


def always(unit: str) -> Unit:
    return lambda _node: unit


def _count_of_things(_node: Mapping[str, Any]) -> str:
    return COUNT


def _money(text: str) -> int | str:
    try:
        minor = Decimal("".join(text.split()).replace(",", ".")) * 100
        return int(minor) if minor == minor.to_integral_value() else text.strip()
    except (InvalidOperation, ValueError, OverflowError):
        return text.strip()


def _decimal(text: str) -> int | float | str:
    try:
        number = Decimal("".join(text.split()).replace(",", "."))
    except InvalidOperation:
        return text.strip()
    if not number.is_finite():
        return text.strip()
    return int(number) if number == number.to_integral_value() else float(number)


_READERS: dict[str, Callable[[str], Any]] = {
    MONEY: _money, DAYS: whole, COUNT: whole, NUMBER: _decimal,
}  # fmt: skip


@dataclass(frozen=True)
class ComparisonField(Field):
    """`unit` of the node says what the number is; `may_miss` whether there may be no number."""

    unit: Unit = _count_of_things
    may_miss: Callable[[Mapping[str, Any]], bool] = lambda _node: False

    template = "campaigns/segments/fields/comparison.html"

    def schema(self) -> Schema:
        return {"$ref": "#/$defs/comparison"}

    def check(self, value: Any, node: Mapping[str, Any]) -> Iterator[Problem]:
        allowed = [*ORDER_OPS, "between", *(PRESENCE_OPS if self.may_miss(node) else ())]
        if not isinstance(value, dict) or value.get("op") not in allowed:
            yield Problem("unknown_comparison", _("Choose how to compare."))
            return
        needed = _numbers_of(value["op"])
        if set(value) != {"op", *needed}:
            yield Problem("missing", _("Enter a number."))
            return
        unit = self.unit(node)
        for key in needed:
            yield from self._check_number(value[key], unit)
        is_pair = needed == ("low", "high") and all(_is_number(value[key], unit) for key in needed)
        if is_pair and value["low"] > value["high"]:
            yield Problem("low_above_high", _("The first number must not exceed the second."))

    def _check_number(self, number: Any, unit: str) -> Iterator[Problem]:
        if not _is_number(number, unit):
            text = _("Enter an amount.") if unit == MONEY else _("Enter a number.")
            yield Problem("not_a_number", text)
        elif abs(number) > (MAX_DAYS if unit == DAYS else MAX_NUMBER):
            yield Problem("too_large", _("The number is too large."))
        elif unit in {DAYS, COUNT} and number < 0:
            yield Problem("negative", _("The number must not be negative."))

    def read(self, form: Form, prefix: str, node: Mapping[str, Any]) -> Any:
        op = form.get(f"{prefix}:op", "")
        if not op:
            return None if self.optional else {}
        if op in PRESENCE_OPS:
            return {"op": op}
        reader = _READERS[self.unit(node)]
        texts = {name: form.get(f"{prefix}:{name}", "") for name in _numbers_of(op)}
        return {"op": op, **{name: reader(text) for name, text in texts.items()}}

    def context(self, value: Any, node: Mapping[str, Any]) -> dict[str, Any]:
        value = value if isinstance(value, dict) else {}
        op, unit = value.get("op", ""), self.unit(node)
        codes = [*ORDER_OPS, "between", *(PRESENCE_OPS if self.may_miss(node) else ())]
        inputs = [(name, _shown(value.get(name, ""), unit)) for name in _numbers_of(op)]
        return {
            "ops": [(code, LABELS[code]) for code in codes], "op": op, "inputs": inputs,
            "unit": unit,
        }  # fmt: skip


def _numbers_of(op: str) -> tuple[str, ...]:
    if op == "between":
        return ("low", "high")
    return () if op in PRESENCE_OPS or not op else ("value",)


def _is_number(value: Any, unit: str) -> bool:
    return is_int(value) or (unit == NUMBER and isinstance(value, float) and isfinite(value))


def _shown(value: Any, unit: str) -> str:
    if unit == MONEY and is_int(value):
        return f"{Decimal(value) / 100:f}".replace(".", ",").removesuffix(",00")
    return str(value)
