"""Filters and tags of every template (a builtin library: nothing to load).

Filters take None and give an em dash: an unknown figure is never a zero.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from functools import wraps
from typing import Any

from django import template
from django.core.paginator import Page
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils import dateformat, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import ngettext

from cvm_platform.common import drawing, figures, sight
from cvm_platform.common.money import symbol
from cvm_platform.common.schema import connection
from cvm_platform.common.verdicts import Verdict, verdict_of

register = template.Library()

NOTHING = "—"
_SHORT_WORD = re.compile(r"(?<![\w-])([A-Za-zА-Яа-яЁё]{1,2}) (?=\S)")


def current_currency() -> str:
    return getattr(connection.tenant, "currency", None) or "RUB"


def or_dash(show: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(show)
    def shown(value: Any, *args: Any) -> Any:
        return NOTHING if value is None or value == "" else show(value, *args)

    return shown


def unless_hidden(show: Callable[..., str]) -> Callable[..., str]:
    """Money that the company does not show to this reader is dots, whoever wrote the template."""

    @wraps(show)
    def shown(value: Any, *args: Any) -> str:
        if value is None or value == "":
            return NOTHING
        return sight.HIDDEN if sight.hides_money() else show(value, *args)

    return shown


# ---- figures -------------------------------------------------------------------------------


@register.filter
@unless_hidden
def money(minor: figures.Number, currency: str = "") -> str:
    """Minor units of the tenant's currency, or of the one named: "1 284 000 ₽"."""
    return figures.money(minor, currency or current_currency())


@register.filter
@unless_hidden
def money_signed(minor: figures.Number, currency: str = "") -> str:
    return figures.money(minor, currency or current_currency(), signed=True)


@register.filter
@unless_hidden
def money_exact(minor: figures.Number, currency: str = "") -> str:
    """With kopecks, always: invoices and order lines."""
    return figures.money(minor, currency or current_currency(), digits=2)


@register.filter
@unless_hidden
def money_short(minor: figures.Number, currency: str = "") -> str:
    return figures.money_short(minor, currency or current_currency())


@register.filter
@unless_hidden
def money_short_signed(minor: figures.Number, currency: str = "") -> str:
    return figures.money_short(minor, currency or current_currency(), signed=True)


@register.filter
@or_dash
def currency_name(code: str) -> str:
    """RUB → "₽ (RUB)": the sign people know, the code their bank asks for."""
    return f"{symbol(code)} ({code})" if symbol(code) != code else code


@register.filter
@or_dash
def number(value: figures.Number, digits: int = 0) -> str:
    return figures.number(value, digits=int(digits))


@register.filter
@or_dash
def number_signed(value: figures.Number, digits: int = 0) -> str:
    return figures.number(value, digits=int(digits), signed=True)


@register.filter
@or_dash
def number_short(value: figures.Number) -> str:
    return figures.number_short(value)


@register.filter
@or_dash
def percent(share: figures.Number, digits: int = 0) -> str:
    """A share of one: 0.343|percent:1 → "34,3 %"."""
    return figures.percent(share, digits=int(digits))


# ---- words ---------------------------------------------------------------------------------


@register.filter
def nbsp(text: Any) -> str:
    """Ties one- and two-letter words to what follows, so that no line ends with them."""
    return _SHORT_WORD.sub("\\1\u00a0", str(text))


@register.filter
def initials(name: Any) -> str:
    """Two letters for an avatar: of the first two words, or the first two of the only one."""
    words = re.findall(r"[^\W_]+", str(name))
    letters = "".join(word[0] for word in words[:2]) if len(words) > 1 else "".join(words)[:2]
    return letters.upper()


@register.simple_tag
def plural(count: int, one: str, many: str) -> str:
    """{% plural n "customer" "customers" %}: the translated word alone, in the right form."""
    return ngettext(one, many, int(count))


@register.filter
@or_dash
def day(value: date) -> str:
    """22 ноября, with the year when it is another one; in the tenant's zone."""
    local = timezone.localtime(value) if isinstance(value, datetime) else value
    is_this_year = local.year == timezone.localtime().year
    # E: the name of the month as it stands after a number
    return dateformat.format(local, "j E" if is_this_year else "j E Y")


@register.filter
@or_dash
def moment(value: datetime) -> str:
    """22 ноября, 10:00 in the tenant's zone."""
    return f"{day(value)}, {timezone.localtime(value):%H:%M}"


# ---- pictures ------------------------------------------------------------------------------


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """A Tabler icon; `size` is "s" or "l". Decoration: the word beside it says the same."""
    return format_html(
        '<svg class="ic{}" aria-hidden="true"><use href="{}#{}"/></svg>',
        f" {size}" if size else "", static("vendor/icons.svg"), name,
    )  # fmt: skip


@register.inclusion_tag("components/interval.html")
def interval(
    low: drawing.Number,
    high: drawing.Number,
    point: drawing.Number,
    scale_low: drawing.Number,
    scale_high: drawing.Number,
    *,
    currency: str = "",
    kind: str = "",
) -> dict[str, Any]:
    """The narrow form for table rows, which share one scale. All in minor units."""
    if sight.hides_money():
        return {}
    code = currency or current_currency()
    return {
        "drawn": drawing.draw(low, high, point, scale=(scale_low, scale_high), kind=kind),
        "low": figures.money_short(low, code, signed=True),
        "high": figures.money_short(high, code, signed=True),
    }


@register.inclusion_tag("components/interval_scale.html")
def interval_scale(
    low: drawing.Number, high: drawing.Number, *, currency: str = ""
) -> dict[str, Any]:
    """The head of a column of intervals: zero and the ends of the scale its rows share."""
    code = currency or current_currency()
    if sight.hides_money():
        return {}
    drawn = drawing.draw(low, high, 0, scale=(low, high))
    left = figures.money_short(low, code, signed=True) if low < 0 else "0"
    right = figures.money_short(high, code, signed=True) if high > 0 else "0"
    return {"labels": drawing.labels(drawn, left, right)}


@register.inclusion_tag("components/interval_full.html")
def interval_full(
    low: drawing.Number,
    high: drawing.Number,
    point: drawing.Number,
    *,
    currency: str = "",
    kind: str = "",
    scale: tuple[float, float] | None = None,
) -> dict[str, Any]:
    """The wide form under a headline figure: labels, zero, hatching below it. Minor units."""
    if sight.hides_money():
        return {}
    code = currency or current_currency()
    drawn = drawing.draw(low, high, point, scale=scale or drawing.scale_of(low, high), kind=kind)
    left, right, best = (
        figures.money_short(value, code, signed=kind != "acc") for value in (low, high, point)
    )
    return {"drawn": drawn, "labels": drawing.labels(drawn, left, right),
            "low": left, "high": right, "point": best}  # fmt: skip


@register.inclusion_tag("components/bar.html")
def bar(share: figures.Number, kind: str = "", label: str = "") -> dict[str, Any]:
    """A horizontal bar of a share of one; kind: "", mute, pos, neg, warn."""
    width = max(0.0, min(1.0, float(share))) * 100
    return {"width": f"{width:.2f}%", "kind": kind, "label": label or figures.percent(share)}


@register.inclusion_tag("components/verdict.html")
def verdict(code: str, weeks: int | None = None, style: str = "lbl") -> dict[str, Any]:
    """Word and icon of a verdict; style "lbl" (pill) or "verd" (in a table)."""
    found: Verdict = verdict_of(code)
    return {"verdict": found, "weeks": weeks if found.code == "not_enough_data" else None,
            "style": style}  # fmt: skip


# ---- lists ---------------------------------------------------------------------------------


@register.inclusion_tag("components/pagination.html", takes_context=True)
def pagination(context: template.Context, page: Page[Any], target: str = "") -> dict[str, Any]:
    """Shown of total, and the neighbours' links; `target` is a CSS selector for htmx."""
    return {"page": page, "target": target, "request": context.get("request")}


@register.inclusion_tag("components/sort_link.html", takes_context=True)
def sort_link(context: template.Context, key: str, label: str, target: str = "") -> dict[str, Any]:
    """A column head that sorts: `?sort=key`, then `?sort=-key`."""
    request: HttpRequest = context["request"]
    now = request.GET.get("sort", "")
    return {"request": request, "label": label, "target": target,
            "next": f"-{key}" if now == key else key,
            "direction": {key: "up", f"-{key}": "down"}.get(now, "")}  # fmt: skip


@register.simple_tag(takes_context=True)
def chosen(context: template.Context, name: str, value: Any) -> SafeString:
    """`selected` for an option of a filter, by the query string."""
    request: HttpRequest = context["request"]
    return SafeString("selected" if request.GET.get(name, "") == str(value) else "")
