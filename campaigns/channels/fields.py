"""What a template may print about a customer: only what consent to promotion covers.

Behaviour (purchases, visits) is not here: it needs consent to profiling of its own.
"""

from collections.abc import Mapping
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


def context_of(
    *, first_name: str, last_name: str, city: str, company: str, organisation: str, address: str
) -> Mapping[str, Any]:
    """Values of one message, in the shape that `CompiledTemplate.render` takes."""
    return {
        "customer": {"first_name": first_name, "last_name": last_name, "city": city},
        "company": {"name": company},
        "sender": {"name": organisation, "address": address},
    }
