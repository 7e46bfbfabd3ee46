"""What is known of a person's behaviour, for his answer: purchases, events, sums, groups."""

import json
from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from analytics.events.models import CustomerStats, Event, Order
from analytics.features.models import RfmScore
from cvm_platform.common.figures import money
from tenants.requests.contracts import Section
from tenants.requests.own_exports import MOST_ROWS, at
from tenants.requests.registry import add_exporter
from tenants.tenancy.selectors import current_tenant


def export_orders(customer_ids: Sequence[int]) -> Iterable[Section]:
    currency = current_tenant().currency
    rows = Order.objects.filter(customer_id__in=customer_ids).order_by("-ts")[:MOST_ROWS]
    yield Section(
        "orders", _("Your purchases"),
        head=(_("Date"), _("Number"), _("Kind"), _("State"), _("Sum"), _("Source")),
        rows=[
            (at(each.ts), each.external_id, str(each.get_kind_display()),
             str(each.get_status_display()), money(each.revenue, currency), each.source)
            for each in rows
        ],
    )  # fmt: skip


def export_events(customer_ids: Sequence[int]) -> Iterable[Section]:
    """The newest ones; `properties` as they were received."""
    rows = Event.objects.filter(customer_id__in=customer_ids).order_by("-ts")[:MOST_ROWS]
    yield Section(
        "events", _("What you did on the site, in the app and with our letters"),
        head=(_("Date"), _("What"), _("Details"), _("Source")),
        rows=[
            (at(each.ts), each.kind,
             json.dumps(each.properties, ensure_ascii=False) if each.properties else "",
             each.source)
            for each in rows
        ],
        note=_("No more than %(n)s newest lines.") % {"n": MOST_ROWS},
    )  # fmt: skip


def export_sums(customer_ids: Sequence[int]) -> Iterable[Section]:
    currency = current_tenant().currency
    rows: list[tuple[str, str]] = []
    for each in CustomerStats.objects.filter(customer_id__in=customer_ids):
        rows += [
            (_("Purchases"), str(each.orders)), (_("Spent"), money(each.revenue, currency)),
            (_("First purchase"), at(each.first_order_at)),
            (_("Last purchase"), at(each.last_order_at)),
            (_("Last visit"), at(each.last_visit_at)),
        ]  # fmt: skip
    rows += [
        (_("Group by recency, frequency and money"),
         f"{each.recency}-{each.frequency}-{each.monetary} ({each.preset})")
        for each in RfmScore.objects.filter(customer_id__in=customer_ids)
    ]  # fmt: skip
    yield Section(
        "sums", _("What was counted about you"), head=(_("What"), _("Value")),
        rows=[row for row in rows if row[1]],
        note=_("Used only to choose which advertising to show; nothing is decided by a program alone."),  # noqa: E501 one text
    )  # fmt: skip


def register() -> None:
    add_exporter("orders", export_orders, position=40, models=["events.Order"])
    add_exporter("events", export_events, position=50, models=["events.Event"])
    add_exporter(
        "sums", export_sums, position=60, models=["events.CustomerStats", "features.RfmScore"]
    )
