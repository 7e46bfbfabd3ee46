"""Values to pick from while a rule is typed. Asked only when a card is shown."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Count, QuerySet
from django.utils.functional import Promise

from analytics.events.models import Category
from campaigns.segments.models import Segment
from cvm_platform.common import sight
from tenants.customers.models import Customer

LIMIT = 200
# attributes are looked for in the newest customers: all of them would be a scan of the base
_SAMPLE = 2000


def _sample() -> "QuerySet[Customer]":
    return Customer.objects.order_by("-created_at", "-id")[:_SAMPLE]


def profile_values(node: Mapping[str, Any]) -> list[str]:
    """The most frequent values of a profile column."""
    field = str(node.get("field"))
    if field not in {"city", "lifecycle_stage", "age_band", "language", "source"}:
        return []
    rows = Customer.objects.exclude(**{field: ""}).values_list(field).annotate(n=Count("pk"))
    if not sight.is_exact():
        rows = rows.filter(n__gte=sight.SMALL)  # a rare value may be one person's
    return sorted(value for value, _count in rows.order_by("-n")[:LIMIT])


def tags(_node: Mapping[str, Any]) -> list[str]:
    rows = _sample().values_list("tags", flat=True)
    return _common(tag for row in rows for tag in row)


def attributes(_node: Mapping[str, Any]) -> list[str]:
    rows = _sample().values_list("attributes", flat=True)
    return _common(name for row in rows for name in row)


def attribute_values(node: Mapping[str, Any]) -> list[str]:
    name = str(node.get("name", ""))
    rows = _sample().values_list("attributes", flat=True) if name else ()
    return _common(row[name] for row in rows if isinstance(row.get(name), str))


def _common(values: Iterable[str]) -> list[str]:
    """In order; for the agency without those that fewer than ten people have."""
    found = Counter(values)
    return sorted(one for one, count in found.items() if not sight.is_small(count))[:LIMIT]


def categories(_node: Mapping[str, Any]) -> list[str]:
    return list(Category.objects.order_by("name").values_list("name", flat=True)[:LIMIT])


def segments() -> "list[tuple[str, str | Promise]]":
    rows = Segment.objects.filter(is_archived=False).order_by("name")
    return [
        ("", "—"),
        *((str(public_id), name) for public_id, name in rows.values_list("public_id", "name")),
    ]
