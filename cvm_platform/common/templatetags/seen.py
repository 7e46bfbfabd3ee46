"""Filters for what not every reader sees in full (a builtin library: nothing to load)."""

from django import template

from cvm_platform.common import figures, sight
from cvm_platform.common.templatetags.cvm import current_currency, or_dash, unless_hidden

register = template.Library()


@register.filter
@or_dash
def people(count: int) -> str:
    """How many people, as this reader may see it: "1 234", or "≈ 1 200" and "<10"."""
    return sight.people(int(count))


@register.filter
@or_dash
def seen(count: int) -> int:
    """The same as a number, for the forms of words and for bars."""
    return sight.seen(int(count))


@register.filter
@unless_hidden
def money_of_people(minor: figures.Number, currency: str = "") -> str:
    """A sum over people that anybody may cut out by a rule: rounded for the agency."""
    return figures.money_short(sight.money(float(minor)), currency or current_currency())


@register.simple_tag
def money_is_hidden(report: str = "") -> bool:
    """{% money_is_hidden as is_hidden %}: of the page's report, or of the one named."""
    return sight.hides_money(report)
