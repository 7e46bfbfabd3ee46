"""Test letters: only to the tenant's list of test addresses (152-FZ specification, REQ-S4)."""

import secrets
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from campaigns.broadcasts import selectors
from campaigns.broadcasts.models import Broadcast
from campaigns.broadcasts.preview import preview_of
from campaigns.channels.contracts import Address, Kind, OutgoingEmail, Sent
from campaigns.channels.registry import open_adapter
from campaigns.channels.tracking import Tracked
from campaigns.delivery.addresses import tracker_of
from campaigns.delivery.content import content_of, stream_of
from cvm_platform.common.errors import DomainError, InvalidInput, NotFound
from cvm_platform.common.jobs import enqueue
from tenants.audit.services import Actor, record
from tenants.tenancy.selectors import current_tenant

_NOBODY = 0  # a test letter belongs to no dispatch: its links count nothing


def send_test(
    *, public_id: UUID, address: str, own: str, actor: Actor, masked: bool, number: int = 0
) -> None:
    """Queues one letter as the n-th person of the segment would see it.

    Args:
        address: one of the tenant's seed list.
        own: the address of who asks: it is no reason by itself.
        masked: the reader is an invented one, as on the screen.

    Raises:
        NotFound, TemplateInvalid, RenderFailed
        InvalidInput: another address, or something is not chosen yet.
    """
    broadcast = selectors.broadcast_by_public_id(public_id)
    if broadcast is None:
        raise NotFound(_("There is no such broadcast."))
    if not address or address not in selectors.seed_addresses(own):
        text = _("Test letters go to the addresses of the test list only: choose one of it.")
        raise InvalidInput(text, code="not_a_seed", fields={"address": text})
    if broadcast.template is None or broadcast.sender is None:
        text = _("Choose a letter and a sender first.")
        raise InvalidInput(text, code="incomplete")
    preview_of(broadcast, number, masked=masked)  # says now what would fail later
    record(actor=actor, action="broadcast.tested", target=broadcast)
    enqueue("broadcasts.send_test", broadcast_id=broadcast.pk, address=address, masked=masked,
            number=number)  # fmt: skip


def deliver_test(*, broadcast_id: int, address: str, masked: bool, number: int) -> None:
    """Raises DomainError when the mail server does not take it."""
    broadcast = Broadcast.objects.select_related("template", "sender").get(pk=broadcast_id)
    template, sender = broadcast.template, broadcast.sender
    if template is None or sender is None:
        return
    tenant = current_tenant()
    content = content_of(template, sender)
    letter = preview_of(broadcast, number, masked=masked).content
    urls = tracker_of(tenant).urls(Tracked(tenant.pk, _NOBODY, _NOBODY))
    message = OutgoingEmail(
        message_id=0,
        to=Address(address),
        stream=stream_of(content, tenant, f"{tenant.pk}-test"),
        subject=_("[Test] %(subject)s") % {"subject": letter.subject},
        html=letter.html,
        text=letter.text,
        unsubscribe_url=urls.unsubscribe_url if content.is_advertising else "",
        ref=f"{tenant.pk}-test-{secrets.token_hex(6)}",
    )
    adapter = open_adapter(Kind.EMAIL, settings.SMTP_URL)
    try:
        outcomes = dict(adapter.send_many([message]))
    finally:
        adapter.close()
    if not isinstance(outcomes[0], Sent):
        raise DomainError(f"The test letter was not taken: {outcomes[0]}", code="not_sent")
