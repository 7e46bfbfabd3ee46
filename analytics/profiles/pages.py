"""Words and icons of the customer's page."""

from datetime import date
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from analytics.features.presets import BY_CODE, PRESETS
from analytics.profiles import selectors
from analytics.profiles.contracts import Moment
from cvm_platform.common import sight
from tenants.customers.models import ContactPoint, Customer
from tenants.privacy.models import AdPermission, ConsentRecord
from tenants.tenancy.selectors import current_tenant

MEANS = 2


def preset_names() -> list[tuple[str, str]]:
    return [(preset.code, str(preset.title)) for preset in PRESETS]


def _fact(kind: str) -> tuple[str, str, str]:
    """Words, icon and the pin's class of an event."""
    known = {
        "order": (_("Order"), "shopping-bag", "buy"),
        "return": (_("Return"), "truck-return", "stop"),
        "sent": (_("A message was sent"), "send", ""),
        "delivered": (_("A message was delivered"), "mail-check", ""),
        "open": (_("Opened a message"), "mail-opened", ""),
        "click": (_("Followed a link"), "click", ""),
        "bounce": (_("A message came back"), "mail-x", "stop"),
        "unsubscribe": (_("Unsubscribed"), "message-off", "stop"),
        "complaint": (_("Complained of spam"), "alert-triangle", "stop"),
        "exposed": (_("Saw an offer"), "eye", ""),
        "visit": (_("Visited the site"), "world", ""),
        "product_view": (_("Looked at a product"), "eye", ""),
        "add_to_cart": (_("Put into the cart"), "shopping-cart", ""),
    }
    return known.get(kind, (kind, "point", ""))


def _shown(moment: Moment) -> dict[str, Any]:
    words, icon, pin = _fact(moment.kind)
    details = moment.properties
    number = details.get("number") or details.get("external_id") or ""
    return {
        "moment": moment, "icon": icon, "pin": pin,
        "words": f"{words} № {number}" if number else words,
        "detail": details.get("product") or details.get("name") or moment.title,
    }  # fmt: skip


def _days(moments: list[Moment], zone: str) -> list[tuple[date, list[dict[str, Any]]]]:
    local = ZoneInfo(zone)
    return [
        (day, [_shown(moment) for moment in group])
        for day, group in groupby(moments, key=lambda moment: moment.ts.astimezone(local).date())
    ]


def _channels(customer: Customer, rights: dict[str, Any]) -> list[dict[str, Any]]:
    """One badge a channel: may we write, since when, or why not."""
    promo = any(
        consent.purpose == "PROMO_DIRECT" and consent.status == ConsentRecord.Status.ACTIVE
        for consent in rights["consents"]
    )
    kinds = set(ContactPoint.objects.filter(customer_id=customer.pk).values_list("kind", flat=True))
    badges = []
    for channel, name, kind in (("EMAIL", _("E-mail"), "email"), ("SMS", "SMS", "phone")):
        given = [row for row in rights["permissions"] if row.channel == channel]
        active = [row for row in given if row.status == AdPermission.Status.ACTIVE]
        revoked = [row for row in given if row.status == AdPermission.Status.REVOKED]
        if kind not in kinds:
            badges.append({"name": name, "kind": "na", "icon": "minus", "text": _("no address")})
        elif active and promo:
            badges.append({"name": name, "kind": "ok", "icon": "circle-check",
                           "text": _("allowed since"), "at": active[0].given_at})  # fmt: skip
        elif revoked and not active:
            badges.append({"name": name, "kind": "no", "icon": "ban",
                           "text": _("stopped"), "at": revoked[0].revoked_at})  # fmt: skip
        else:
            badges.append({"name": name, "kind": "no", "icon": "ban", "text": _("no consent")})
    return badges


def _rights_in_words(rights: dict[str, Any]) -> dict[str, Any]:
    """Consents and stops as people say them; an unknown code stays itself."""
    purposes = {
        "PROMO_DIRECT": _("Advertising to the customer"),
        "PROMO_PROFILING": _("Personal selection of offers"),
    }
    channels = {"EMAIL": _("E-mail"), "": _("All channels")}
    for consent in rights["consents"]:
        consent.words = purposes.get(consent.purpose, consent.purpose)
    for stop in rights["stops"]:
        stop.words = channels.get(stop.channel, stop.channel)
    return rights


def _rhythm(stats: Any) -> int | None:
    """Usual days between orders, from the first to the last."""
    if stats is None or stats.orders < MEANS or not stats.last_order_at:
        return None
    days = (stats.last_order_at - stats.first_order_at).days
    return round(days / (stats.orders - 1)) or None


def card_context(customer: Customer, *, is_masked: bool, only: str, page: int) -> dict[str, Any]:
    tenant = current_tenant()
    stats = selectors.stats_of(customer.pk)
    score = selectors.score_of(customer.pk)
    # what one person did is the company's own: the agency sees groups (specification 7.6)
    has_traces = sight.is_exact()
    moments, has_older = (
        selectors.timeline_of(customer.pk, only=only, page=page) if has_traces else ([], False)
    )
    rights = _rights_in_words(selectors.rights_of(customer.pk))
    return {
        "customer": customer, "is_masked": is_masked, "stats": stats, "score": score,
        "preset": BY_CODE.get(score.preset) if score else None,
        "name": selectors.name_of(customer.pk, is_masked=is_masked),
        "contacts": selectors.contacts_of(customer.pk, is_masked=is_masked),
        "channels": _channels(customer, rights), "rights": rights,
        "orders": selectors.orders_of(customer.pk) if has_traces else [],
        "has_traces": has_traces, "rhythm": _rhythm(stats),
        "timeline": _days(moments, tenant.timezone), "has_older": has_older,
        "only": only, "page": page, "next_page": page + 1,
        "tabs": [("", _("All")), ("orders", _("Orders")), ("messages", _("Messages")),
                 ("site", _("Site")), ("stops", _("Refusals"))],
    }  # fmt: skip
