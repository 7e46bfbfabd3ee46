"""What is known of customers, with names and contacts opened only as far as the reader may see."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.db.models import Q

from analytics.events.models import CustomerStats, Event, Order, OrderLine
from analytics.features.models import RfmScore
from analytics.profiles.contracts import Contact, Listing, Moment, Row
from analytics.profiles.listing import Query, list_customers
from cvm_platform.common import bulk
from tenants.customers import masking
from tenants.customers.models import ContactPoint, PersonalName
from tenants.customers.sealing import Vault
from tenants.customers.selectors import customers_found_by
from tenants.privacy.selectors import consents_of, permissions_of, stops_of
from tenants.tenancy.selectors import current_tenant

SEARCH_LIMIT = 500
TIMELINE_PAGE = 40
ORDERS_SHOWN = 10
CITIES_SHOWN = 60
KINDS = {
    "orders": ["order", "return"],
    "messages": ["sent", "delivered", "open", "click", "bounce", "exposed"],
    "site": ["visit", "product_view", "add_to_cart"],
    "stops": ["unsubscribe", "complaint"],
}


def _names(customer_ids: Iterable[int], *, is_masked: bool) -> dict[int, str]:
    rows = PersonalName.objects.filter(customer_id__in=list(customer_ids)).values_list(
        "customer_id", "customer_id", "sealed"
    )
    opened = Vault(current_tenant()).open_many(
        ((owner, owner, bytes(sealed)) for owner, _owner, sealed in rows), "name"
    )
    show = masking.mask_name if is_masked else masking.full_name
    return {customer_id: show(text) for customer_id, text in opened.items()}


def _first_contacts(customer_ids: Iterable[int], *, is_masked: bool) -> dict[int, str]:
    points = list(
        ContactPoint.objects.filter(customer_id__in=list(customer_ids))
        .order_by("customer_id", "kind", "-is_primary", "id")
        .distinct("customer_id")
        .values_list("customer_id", "kind", "sealed")
    )
    opened = Vault(current_tenant()).open_many(
        (owner, owner, bytes(sealed)) for owner, _kind, sealed in points
    )
    return {
        owner: masking.mask_contact(kind, opened[owner]) if is_masked else opened[owner]
        for owner, kind, _sealed in points
        if owner in opened
    }


def customers_page(
    *, text: str, sort: str, cursor: str, city: str, preset: str, is_masked: bool
) -> Listing:
    """One page of the list; a search gives at most 500 customers."""
    ids = None
    if text.strip():
        found = customers_found_by(text, most=SEARCH_LIMIT)
        ids = list(found.values_list("id", flat=True)[:SEARCH_LIMIT])
        sort = "new" if sort == "revenue" else sort  # found people need not be buyers
    listing = list_customers(Query(sort, cursor, city, preset, ids))
    shown = [row.customer_id for row in listing.rows]
    names = _names(shown, is_masked=is_masked)
    contacts = _first_contacts(shown, is_masked=is_masked)
    rows: list[Row] = [
        replace(row, name=names.get(row.customer_id, ""), contact=contacts.get(row.customer_id, ""))
        for row in listing.rows
    ]
    return replace(listing, rows=rows)


# one step of the index a city: DISTINCT would read everybody
_CITIES = """
WITH RECURSIVE known AS (
    (SELECT city FROM customers_customer WHERE city > '' ORDER BY city LIMIT 1)
    UNION ALL
    SELECT (SELECT c.city FROM customers_customer c WHERE c.city > k.city ORDER BY c.city LIMIT 1)
    FROM known k WHERE k.city IS NOT NULL
)
SELECT city FROM known WHERE city IS NOT NULL LIMIT %s
"""


def cities() -> list[str]:
    """The first cities by name; a filter, not a register."""
    return [city for (city,) in bulk.fetch(_CITIES, [CITIES_SHOWN])]


def presets() -> list[str]:
    return list(RfmScore.objects.order_by("preset").values_list("preset", flat=True).distinct())


def contacts_of(customer_id: int, *, is_masked: bool) -> list[Contact]:
    points = list(ContactPoint.objects.filter(customer_id=customer_id).order_by("kind", "id"))
    opened = Vault(current_tenant()).open_many(
        (point.pk, customer_id, bytes(point.sealed)) for point in points
    )
    return [
        Contact(
            point.pk, point.kind,
            masking.mask_contact(point.kind, opened[point.pk]) if is_masked else opened[point.pk],
            point.status,
        )
        for point in points
        if point.pk in opened
    ]  # fmt: skip


def name_of(customer_id: int, *, is_masked: bool) -> str:
    return _names([customer_id], is_masked=is_masked).get(customer_id, "")


def stats_of(customer_id: int) -> CustomerStats | None:
    return CustomerStats.objects.filter(customer_id=customer_id).first()


def score_of(customer_id: int) -> RfmScore | None:
    return RfmScore.objects.filter(customer_id=customer_id).first()


def timeline_of(customer_id: int, *, only: str, page: int) -> tuple[list[Moment], bool]:
    """Facts, the newest first, and whether there are older ones."""
    kinds = KINDS.get(only)
    matching = Q(customer_id=customer_id) & (Q(kind__in=kinds) if kinds else Q())
    start = (page - 1) * TIMELINE_PAGE
    rows = list(Event.objects.filter(matching).order_by("-ts")[start : start + TIMELINE_PAGE + 1])
    moments = [
        Moment(row.ts, row.kind, row.amount, row.category or "", "", row.properties)
        for row in rows[:TIMELINE_PAGE]
    ]
    return moments, len(rows) > TIMELINE_PAGE


def orders_of(customer_id: int) -> list[dict[str, Any]]:
    """The last orders with what was in them."""
    orders = list(Order.objects.filter(customer_id=customer_id).order_by("-ts")[:ORDERS_SHOWN])
    lines: dict[int, list[str]] = {}
    for line in (
        OrderLine.objects.filter(order_id__in=[order.pk for order in orders])
        .select_related("product")
        .order_by("order_id", "number")
    ):
        name = line.product.name if line.product else "—"
        text = name if abs(line.quantity) == 1 else f"{name} × {line.quantity}"
        lines.setdefault(line.order_id, []).append(text)
    return [{"order": order, "lines": lines.get(order.pk, [])} for order in orders]


def rights_of(customer_id: int) -> dict[str, Any]:
    """Consents, permissions and stops: what may be done and since when."""
    return {
        "consents": list(consents_of(customer_id)),
        "permissions": list(permissions_of(customer_id)),
        "stops": list(stops_of(customer_id)[:5]),
    }
