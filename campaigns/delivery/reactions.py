"""What recipients do with a message: opened, clicked, said stop. Works for years after sending.

Marks of machines are only marks, nothing is thrown away: an open within two seconds of the
sending is a mail server looking ahead, a click of a crawler names itself.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache

from analytics.events.contracts import NewEvent
from analytics.events.services import record_events
from campaigns.channels.links import resolve_link
from campaigns.channels.tracking import Purpose, Tracked
from campaigns.delivery.addresses import read_address, tracker_of
from campaigns.delivery.content import links_of
from campaigns.delivery.models import Dispatch, Message
from cvm_platform.common import clock
from tenants.customers.models import ContactPoint
from tenants.privacy.models import AdPermission
from tenants.privacy.services import stop_channel
from tenants.tenancy.selectors import current_tenant

SOURCE = "tracking"
PREFETCH_SECONDS = 2
_OPEN_EVERY_SECONDS, _CLICK_EVERY_SECONDS = 3600, 10
_ROBOT = re.compile(r"bot\b|crawler|spider|preview|scanner|curl|python|headless", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Click:
    """Where a click leads, and the message it came from."""

    target: str
    tracked: Tracked


def read_token(token: str, purpose: Purpose) -> Tracked | None:
    """Whose token it is, of this tenant; None for anything forged, cut or foreign."""
    tenant = current_tenant()
    tracked = read_address(tenant, token, purpose)
    return tracked if tracked is not None and tracked.tenant_id == tenant.pk else None


def record_open(tracked: Tracked, *, agent: str = "") -> bool:
    """At most one event an hour and message; whether there is a new one."""
    return _record("open", tracked, _OPEN_EVERY_SECONDS, agent, {})


def find_click(token: str, number: int, *, addition: str, signature: str) -> Click | None:
    """Only to links of the stored content: nothing in the address can lead elsewhere."""
    tracked = read_token(token, Purpose.CLICK)
    if tracked is None:
        return None
    content = Dispatch.objects.filter(pk=tracked.message_id).values_list("content", flat=True)
    links = links_of(content.first() or {})
    link = next((each for each in links if each.number == number), None)
    if link is None:
        return None
    tracker = tracker_of(current_tenant())
    target = resolve_link(
        link, addition, signature,
        lambda url, proof: tracker.check_link(tracked.tenant_id, url, proof),
    )  # fmt: skip
    return Click(target, tracked) if target else None


def record_click(click: Click, number: int, *, agent: str = "") -> bool:
    """At most one event in ten seconds, link and message; whether there is a new one."""
    return _record("click", click.tracked, _CLICK_EVERY_SECONDS, agent, {"link": number})


def stop_by_link(tracked: Tracked, *, one_click: bool) -> bool:
    """The recipient wants no more e-mail; in effect when this returns. Twice is once.

    Returns:
        Whether this was news.
    """
    source = "ONE_CLICK" if one_click else "LINK"
    news = False
    for address_hmac in _addresses(tracked):
        news |= stop_channel(
            customer_id=tracked.customer_id, channel="EMAIL", address_hmac=address_hmac,
            source=source, details={"dispatch": tracked.message_id},
        )  # fmt: skip
    if news and _message(tracked) is not None:
        record_events(
            events=[
                NewEvent(
                    tracked.customer_id, clock.now(), "unsubscribe",
                    subject_id=tracked.message_id, properties={"source": source},
                    key=f"unsubscribe:{tracked.message_id}:{tracked.customer_id}",
                )
            ],
            source=SOURCE,
        )  # fmt: skip
    return news


def _addresses(tracked: Tracked) -> list[bytes]:
    """The address the message went to; when that is not known any more, all of the customer's."""
    message = _message(tracked)
    contact_id = message.contact_id if message is not None else None
    found = ContactPoint.objects.filter(pk=contact_id or 0, customer_id=tracked.customer_id)
    addresses = [bytes(hmac) for hmac in found.values_list("address_hmac", flat=True)]
    if addresses or message is None:
        return addresses
    permitted = AdPermission.objects.filter(customer_id=tracked.customer_id, channel="EMAIL")
    return [bytes(hmac) for hmac in permitted.values_list("address_hmac", flat=True).distinct()]


def _message(tracked: Tracked) -> Message | None:
    return Message.objects.filter(
        dispatch_id=tracked.message_id, customer_id=tracked.customer_id
    ).first()


def _record(
    kind: str, tracked: Tracked, every: int, agent: str, properties: dict[str, object]
) -> bool:
    message = _message(tracked)
    if message is None:
        return False
    now = clock.now()
    marks = _marks(message.sent_at, now, agent)
    parts = [kind, tracked.message_id, tracked.customer_id, *properties.values(), *marks]
    name = ":".join(map(str, parts))
    if not cache.add(f"reaction:{name}", 1, every):
        return False
    slot = int(now.timestamp()) // every
    report = record_events(
        events=[
            NewEvent(
                tracked.customer_id, now, kind, subject_id=tracked.message_id,
                properties={**properties, **dict.fromkeys(marks, True)}, key=f"{name}:{slot}",
            )
        ],
        source=SOURCE,
    )  # fmt: skip
    return report.added == 1


def _marks(sent_at: datetime | None, now: datetime, agent: str) -> list[str]:
    marks = []
    if sent_at is None or (now - sent_at).total_seconds() < PREFETCH_SECONDS:
        marks.append("prefetch")
    if _ROBOT.search(agent):
        marks.append("robot")
    return marks
