"""What the pages of this app show, ready for templates."""

from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.broadcasts.models import Broadcast
from campaigns.results import selectors, services
from campaigns.results.models import BroadcastResult
from campaigns.results.sentences import reason_labels, words_for
from campaigns.results.steps import May, next_steps
from cvm_platform.common import clock, sight
from cvm_platform.common.money import symbol
from cvm_platform.settings.schedule import SCHEDULE
from tenants.accounts.contracts import Permission
from tenants.tenancy.models import Snapshot
from tenants.tenancy.selectors import current_tenant

MONTHS_DAYS = 365
KINDS = {"proved_gain": "pos", "proved_loss": "neg"}
RECENT = 8


def _date(text: str) -> date:
    return datetime.fromisoformat(text).date()


def _money_block(money: dict[str, Any]) -> dict[str, Any]:
    """The headline figure with its interval, or without figures when there is no verdict yet."""
    words = words_for(money)
    hidden = words.code in {"pending", "not_enough_data"} and not money.get("weeks")
    return {
        "words": words, "kind": KINDS.get(money["verdict"], "unk"),
        "total": None if hidden else money.get("total"), "payload": money,
    }  # fmt: skip


def seen_payload(payload: dict[str, Any]) -> dict[str, Any]:
    """Money of a handful of people is theirs: an arm of under ten has no sums for the agency."""
    if not any(sight.is_small(arm["n"]) for arm in payload["arms"].values()):
        return payload
    nothing = {"mean": None, "low": 0, "high": 0}
    arms = {code: {**arm, **nothing} for code, arm in payload["arms"].items()}
    hidden = dict.fromkeys(("total", "difference", "interval", "welch", "mde", "days"))
    return {**payload, **hidden, "arms": arms, "days": []}


def _arm_scale(payload: dict[str, Any]) -> tuple[float, float]:
    arms = payload["arms"].values()
    low = min(0.0, *(arm["low"] for arm in arms))
    high = max(arm["high"] for arm in arms)
    room = (high - low) * 0.1 or 1.0
    return low, high + room


def _curve(payload: dict[str, Any]) -> dict[str, Any] | None:
    points = payload.get("days") or []
    if len(points) < 2 or sight.hides_money():
        return None
    sign = symbol(payload["currency"])
    return {
        "x": [f"{date.fromisoformat(day):%d.%m}" for day, *_rest in points],
        "name": _("Difference, %(sign)s per person") % {"sign": sign},
        "y": [round(value / 100, 2) for _day, value, _low, _high in points],
        "unit": f"\u00a0{sign}",
        "lo": [round(low / 100, 2) for _day, _value, low, _high in points],
        "hi": [round(high / 100, 2) for _day, _value, _low, high in points],
    }


def _funnel(payload: dict[str, Any]) -> list[dict[str, Any]]:
    funnel = payload["funnel"]
    names = [("sent", _("Messages sent")), ("delivered", _("Delivered")), ("opened", _("Opened")),
             ("clicked", _("Clicked")), ("ordered", _("Ordered"))]  # fmt: skip
    return [
        {"label": label, "value": funnel[key],
         "share": sight.share(
             funnel[key], funnel["sent" if key in {"sent", "delivered"} else "delivered"]
         ), "kind": "pos" if key == "ordered" else ""}
        for key, label in names
    ]  # fmt: skip


def _reasons(payload: dict[str, Any]) -> list[tuple[str, int]]:
    labels = reason_labels()
    found, is_rest_hidden = sight.small_apart(payload["counts"]["reasons"].items())
    rows = sorted(((labels.get(code, code), n) for code, n in found), key=lambda row: -row[1])
    return [*rows, (_("Each other reason"), 0)] if is_rest_hidden else rows


def _truth(payload: dict[str, Any]) -> dict[str, Any] | None:
    """What a simulated shop was made with; only such a shop has it."""
    truth = payload.get("truth") if payload.get("is_simulated") else None
    if not truth:
        return None
    interval = payload.get("interval")
    per_customer = truth["per_customer"]
    inside = bool(interval and interval[0] <= per_customer <= interval[1])
    return {**truth, "is_inside": inside}


def _people(payload: dict[str, Any]) -> dict[str, Any]:
    """Who got the message, why not the others, what they did: for `_people.html`."""
    counts = payload["counts"]
    added = sum(counts[key] for key in ("sent", "suppressed", "failed", "ambiguous", "waiting"))
    return {
        "payload": payload, "funnel": _funnel(payload), "reasons": _reasons(payload),
        "adds_up": added == counts["audience"],
    }  # fmt: skip


def _next_at(now: datetime) -> datetime:
    """When the clock computes all open results again: the same minute of every hour."""
    (minute,) = SCHEDULE["results"]["schedule"].minute
    then = now.replace(minute=minute, second=0, microsecond=0)
    return then if then > now else then + timedelta(hours=1)


def result_context(broadcast: Broadcast, result: BroadcastResult | None) -> dict[str, Any]:
    now = clock.now()
    if result is None:
        people = services.people_of(broadcast, now)
        return {"broadcast": broadcast, "result": None} | (_people(people) if people else {})
    payload = seen_payload(result.payload)
    interval = payload.get("interval")
    return {
        "broadcast": broadcast, "result": result, **_money_block(payload),
        "start": _date(payload["window"]["start"]), "end": _date(payload["window"]["end"]),
        "arm_scale": _arm_scale(payload), "curve": _curve(payload), **_people(payload),
        "next_at": _next_at(now) if services.is_due(broadcast, now) else None,
        "is_sending": payload["counts"]["waiting"] > 0,
        "truth": _truth(payload), "low": interval[0] if interval else None,
        "high": interval[1] if interval else None,
        "days": [[date.fromisoformat(row[0]), *row[1:]] for row in payload.get("days", [])],
        "margin_share": (payload["assumed_margin_bp"] or 0) / 10_000,
    }  # fmt: skip


def _recent_rows() -> list[dict[str, Any]]:
    rows = [
        {"result": row, "broadcast": row.broadcast, **_money_block(seen_payload(row.payload))}
        for row in selectors.latest_results()[:RECENT]
    ]
    return [dict(row) for row in rows]


def _scale(rows: list[dict[str, Any]]) -> tuple[int, int]:
    """One scale for all rows of a table, zero always on it."""
    totals = [row["total"] for row in rows if row["total"]]
    return (
        min([0, *(total["low"] for total in totals)]),
        max([0, *(total["high"] for total in totals)]) or 1,
    )


def first_month(now: datetime) -> datetime:
    """The start of the first whole month shown: a half month would look like a fall."""
    month = (now - timedelta(days=MONTHS_DAYS)).replace(day=1) + timedelta(days=31)
    return month.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _months(now: datetime, zone: str) -> dict[str, Any]:
    rows = seen_months(selectors.months_of_sales(zone, first_month(now)))
    is_hidden = sight.hides_money() or any(row["revenue"] is None for row in rows)
    return {
        "rows": rows,
        "chart": None if is_hidden else {"x": [f"{row['month']:%m.%y}" for row in rows],
                  "revenue": [row["revenue"] / 100 for row in rows],
                  "margin": [row["margin"] / 100 for row in rows],
                  "unit": f"\u00a0{symbol(current_tenant().currency)}",
                  "names": [_("Revenue"), _("Margin")]},
        "is_margin_assumed": any(row["is_margin_assumed"] for row in rows),
        "is_last_open": bool(rows) and rows[-1]["month"] == timezone.localdate(now).replace(day=1),
    }  # fmt: skip


def seen_months(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without the money of a month in which a handful bought, and of all where it is hidden."""
    nothing = {"revenue": None, "margin": None}
    return [
        {**row, **nothing} if sight.hides_money() or sight.is_small(row["buyers"]) else row
        for row in rows
    ]


def is_doubtful(group: dict[str, Any] | None, rows: list[dict[str, Any]]) -> bool:
    """A proved broadcast under a total that is not proved asks for a sentence."""
    is_unproved = bool(group and group["total"] and group["kind"] == "unk")
    return is_unproved and any(row["kind"] == "pos" for row in rows)


def home_context(now: datetime, *, may: May) -> dict[str, Any]:
    """The client's first page: proved money, what to do next, sales."""
    tenant = current_tenant()
    facts = selectors.base_facts(now, now - timedelta(days=30))
    snapshot = Snapshot.objects.filter(tenant=tenant).first()
    group = (snapshot.money or {}).get("group") if snapshot else None
    rows, money = _recent_rows(), _money_block(group) if group else None
    return {
        "facts": facts, "group": money,
        "group_start": _date(group["start"]) if group else None,
        "group_end": _date(group["end"]) if group else None,
        "snapshot": snapshot, "rows": rows, "scale": _scale(rows),
        "can_import": may(Permission.IMPORTS_RUN), "is_doubtful": is_doubtful(money, rows),
        "steps": next_steps(now, facts["last_order_at"], may) if facts["customers"] else [],
        "months": _months(now, tenant.timezone),
        "margin_share": (tenant.assumed_margin_bp or 0) / 10_000,
        "is_money_hidden": sight.hides_money(),
    }  # fmt: skip
