"""Reading broadcasts."""

from decimal import Decimal
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from campaigns.broadcasts.contracts import AT_ONCE
from campaigns.broadcasts.models import Broadcast, Preparation
from campaigns.channels.models import EmailTemplate, SeedAddress, SenderIdentity, Tariff
from campaigns.channels.registry import ADAPTERS
from campaigns.segments.models import Segment
from campaigns.segments.selectors import base_size
from cvm_platform.common import clock
from tenants.channel_law import selectors as channel_law
from tenants.channel_law.contracts import ADVERTISING, CHANNELS
from tenants.registers import selectors as registers

# those with an adapter
SENDING_CHANNELS = tuple(kind.name for kind in ADAPTERS)
ORDERS = {
    "": ("-id",),
    "name": ("name", "id"),
    "-name": ("-name", "-id"),
    "started": ("assigned_at", "id"),
    "-started": ("-assigned_at", "-id"),
    "audience": ("dispatch__audience", "id"),
    "-audience": ("-dispatch__audience", "-id"),
}


def broadcasts(*, query: str = "", status: str = "", order: str = "") -> QuerySet[Broadcast]:
    """For the list and the API; an unknown order or status is the usual one."""
    found = Broadcast.objects.select_related("segment", "template", "dispatch")
    for word in query.split()[:5]:
        found = found.filter(name__icontains=word)
    if status in Broadcast.Status.values:
        found = found.filter(status=status)
    return found.order_by(*ORDERS.get(order, ORDERS[""]))


def broadcast_by_public_id(public_id: UUID) -> Broadcast | None:
    return (
        Broadcast.objects.select_related("segment", "template", "sender", "dispatch", "layer")
        .filter(public_id=public_id)
        .first()
    )


def is_counted_at_once() -> bool:
    """Whether the company is small enough for a person to wait for a count."""
    return base_size() <= AT_ONCE


def active_preparation(broadcast: Broadcast) -> Preparation | None:
    return Preparation.objects.filter(broadcast=broadcast, status=Preparation.Status.ACTIVE).first()


def last_preparation(broadcast: Broadcast) -> Preparation | None:
    """The one of now, or how the last one ended."""
    return Preparation.objects.filter(broadcast=broadcast).order_by("-id").first()


def failed_preparation(broadcast: Broadcast) -> Preparation | None:
    """The last one, if it failed and the draft has not been changed since."""
    last = last_preparation(broadcast)
    if last is None or last.status != Preparation.Status.FAILED or last.finished_at is None:
        return None
    return last if last.finished_at >= broadcast.updated_at else None


def price_of_message(channel: str = "EMAIL") -> Decimal:
    """Minor units for one message by the tariff in force, 0 without one."""
    tariff = Tariff.objects.filter(channel=channel, valid_from__lte=clock.now())
    newest = tariff.order_by("-valid_from").values_list("price", flat=True).first()
    return newest if newest is not None else Decimal(0)


def seed_addresses(own: str = "") -> list[str]:
    """Where test letters may go: the tenant's list alone, one's own address of it first."""
    listed = SeedAddress.objects.order_by("email").values_list("email", flat=True)
    return sorted(listed, key=lambda each: each.lower() != own.lower())


def channel_choices() -> list[tuple[str, str, str]]:
    """(code, name, why it cannot be chosen: "" for those that can), the open ones first."""
    found = []
    for code, verdicts in channel_law.all_verdicts().items():
        verdict = verdicts[ADVERTISING]
        reason = verdict.sentence
        if verdict.allowed:
            reason = "" if code in SENDING_CHANNELS else _("the platform does not send there yet")
        found.append((code, str(CHANNELS[code]), reason))
    return sorted(found, key=lambda each: bool(each[2]))


def brands() -> list[str]:
    return list(registers.operator().brands)


def usable_segments() -> QuerySet[Segment]:
    return Segment.objects.filter(is_archived=False).order_by("name")


def usable_segment(public_id: str) -> Segment | None:
    """None for anything that is no public id of such a segment."""
    try:
        return usable_segments().filter(public_id=UUID(public_id)).first()
    except ValueError:
        return None


def usable_templates() -> QuerySet[EmailTemplate]:
    return EmailTemplate.objects.filter(is_archived=False).order_by("name")


def senders() -> QuerySet[SenderIdentity]:
    return SenderIdentity.objects.order_by("-is_default", "name")
