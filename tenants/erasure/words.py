"""Kinds of data and systems as a person reads them, on screens and in acts."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

CATEGORIES: dict[str, Any] = {
    "name": _("name"),
    "email": _("e-mail"),
    "phone": _("phone"),
    "birth": _("birth date"),
    "address": _("address and city"),
    "ids": _("identifiers: external, card, device, browser"),
    "attributes": _("attributes of the profile"),
    "events": _("actions on the site and in letters"),
    "orders": _("link to the orders"),
    "scores": _("scores and groups"),
    "segments": _("membership of segments"),
    "experiments": _("membership of test groups"),
    "messages": _("history of messages"),
    "letters": _("texts of letters"),
    "consents": _("consents and permissions"),
    "files": _("rows of loaded files"),
    "requests": _("files of requests"),
    "exports": _("exported files"),
}


def categories_in_words(codes: Iterable[str]) -> str:
    return ", ".join(str(CATEGORIES.get(code, code)) for code in codes)
