"""The built-in mail catcher, seen by one tenant: only what it sent itself."""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404

from campaigns.delivery.content import TENANT_HEADER
from cvm_platform.local.mailbox import (
    PAGE_SIZE,
    CaughtMessage,
    Page,
    list_messages,
    read_message,
)
from tenants.tenancy.models import Tenant


@dataclass(frozen=True, slots=True)
class Caught:
    """A page of the list; `pages` serves the pagination alone."""

    found: Page
    pages: "Paginator[int]"


def folder() -> Path:
    """Where the catcher keeps its mail.

    Raises:
        Http404: this installation has none.
    """
    if not settings.MAIL_CATCHER_DIR:
        raise Http404
    return Path(settings.MAIL_CATCHER_DIR)


def mail_of(tenant: Tenant, query: str, page: int) -> Caught:
    """Newest first; the envelope sender of every message begins with its tenant."""
    found = list_messages(folder(), f"{_prefix(tenant)} {query}", page)
    mine = tuple(each for each in found.messages if each.sender.startswith(_prefix(tenant)))
    found = Page(mine, found.page, found.pages, found.total)
    return Caught(found, Paginator(range(found.total), PAGE_SIZE))


def mail_by_id(tenant: Tenant, message_id: int) -> CaughtMessage:
    """One message of this tenant.

    Raises:
        Http404: there is none, or it is somebody else's.
    """
    caught = read_message(folder(), message_id)
    if caught is None or (TENANT_HEADER, str(tenant.public_id)) not in caught.headers:
        raise Http404
    return caught


def mask_address(address: str) -> str:
    """What agency roles see: the first letter and the domain."""
    name, at, domain = address.partition("@")
    return f"{name[:1]}•••{at}{domain}"


def _prefix(tenant: Tenant) -> str:
    return f"bounce-{tenant.pk}-"
