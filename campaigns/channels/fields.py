"""What a template may print about a customer: only what consent to promotion covers.

Behaviour (purchases, visits) is not here: it needs consent to profiling of its own.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FIELDS: dict[str, str | Promise] = {
    "customer.first_name": _("First name"),
    "customer.last_name": _("Last name"),
    "customer.city": _("City"),
    "company.name": _("Company"),
}
# in every template, checked by law rather than chosen
REQUIRED: dict[str, str | Promise] = {
    "sender.name": _("Who writes: organisation"),
    "sender.address": _("Postal address of the organisation"),
    "unsubscribe_url": _("Link to stop the letters"),
}
NAMES = frozenset(FIELDS)
# what of a person each field shows, in the words of the registers; the rest is about the company
_CATEGORIES = {
    "customer.first_name": "NAME", "customer.last_name": "NAME", "customer.city": "ADDRESS",
}  # fmt: skip
_BEHAVIOUR = frozenset({"ORDERS", "BEHAVIOUR", "LOYALTY"})


def category_of(name: str) -> str:
    """Category of personal data that a name in a template stands for, "" for none."""
    return next((category for field, category in _CATEGORIES.items() if _is_or_in(name, field)), "")


def needs_profiling(names: Iterable[str]) -> bool:
    """Whether a letter is chosen by what a person did: that is a purpose of its own."""
    return any(category_of(name) in _BEHAVIOUR for name in names)


def _is_or_in(name: str, field: str) -> bool:
    return name == field or name.startswith(f"{field}.")


def context_of(
    *, first_name: str, last_name: str, city: str, company: str, organisation: str, address: str
) -> Mapping[str, Any]:
    """Values of one message, in the shape that `CompiledTemplate.render` takes."""
    return {
        "customer": {"first_name": first_name, "last_name": last_name, "city": city},
        "company": {"name": company},
        "sender": {"name": organisation, "address": address},
    }
