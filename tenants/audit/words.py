"""What the log's stored names are called on the screen: fields and pages."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

FIELDS: dict[str, Any] = {
    "name": _("name"),
    "contact": _("contacts"),
    "email": _("e-mail"),
    "phone": _("phone"),
    "letter": _("text of a letter"),
    "external_id": _("ids"),
    "first_name": _("first name"),
    "last_name": _("last name"),
    "middle_name": _("middle name"),
    "city": _("city"),
    "attributes": _("attributes"),
    "consents": _("consents"),
    "processing log": _("this log"),
    "rejected rows": _("rejected rows"),
}
PLACES: dict[str, Any] = {
    "analytics:customers-list": _("List of customers"),
    "analytics:customers-detail": _("Page of a customer"),
    "analytics:customers-reveal": _("Page of a customer"),
    "analytics:sources-rejects": _("Load of data"),
    "campaigns:broadcasts-preview": _("Preview of a letter"),
    "campaigns:broadcasts-frame": _("Preview of a letter"),
    "tenants:audit-processing-export": _("This log"),
    "campaigns:delivery-mailbox": _("Mailbox"),
    "campaigns:delivery-mailbox-message": _("Mailbox"),
    "campaigns:delivery-mailbox-body": _("Mailbox"),
    "sources.importjob": _("Load of data"),
    "delivery.slice": _("Broadcast"),
}


def fields_in_words(names: Iterable[str]) -> str:
    return ", ".join(str(FIELDS.get(name, name)) for name in names)


def place_in_words(object_type: str, object_id: str) -> str:
    """A page by its name, another object by its kind and number."""
    if object_type == "page":
        return str(PLACES.get(object_id, object_id))
    return f"{PLACES.get(object_type, object_type)} {object_id}".strip()
