"""Drafts: made, changed, deleted; and how a broadcast is found and locked."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.broadcasts import selectors
from campaigns.broadcasts.contracts import MOST_CONTROL_BP
from campaigns.broadcasts.models import Broadcast
from cvm_platform.common.errors import Conflict, InvalidInput, NotFound
from tenants.audit.services import SYSTEM, Actor, record
from tenants.channel_law import contracts as channel_law
from tenants.channel_law.selectors import demand_lawful

Status = Broadcast.Status
FIELDS = (
    "name", "segment_id", "template_id", "sender_id", "hypothesis", "control_bp", "window_days",
    "content_cost", "channel", "brand", "topic",
)  # fmt: skip
LONGEST_WINDOW_DAYS = 90


def create_broadcast(*, actor: Actor = SYSTEM, **values: Any) -> Broadcast:
    """A new draft.

    Args:
        values: `FIELDS`; only `name` is required.

    Raises:
        InvalidInput: with the fields to blame.
        Forbidden: the law closes the channel (B_CHANNEL_LAW, B_CROSS_BORDER).
    """
    checked = _checked(values)
    _check_channel(checked)
    with transaction.atomic():
        broadcast = Broadcast.objects.create(**checked, created_by=actor.name)
        record(actor=actor, action="broadcast.created", target=broadcast)
    return broadcast


def update_broadcast(*, public_id: UUID, actor: Actor = SYSTEM, **values: Any) -> Broadcast:
    """Changes a draft; its estimate is forgotten.

    Raises:
        NotFound, InvalidInput
        Conflict: it was started already.
    """
    checked = _checked(values, partial=True)
    _check_channel(checked)
    require_draft(found(public_id))  # while it is being started, its row is locked for seconds
    with transaction.atomic():
        broadcast = locked(public_id)
        require_draft(broadcast)
        for name, value in checked.items():
            setattr(broadcast, name, value)
        broadcast.estimate = {}
        broadcast.save()
        record(actor=actor, action="broadcast.updated", target=broadcast,
               details={"fields": sorted(checked)})  # fmt: skip
    return broadcast


def delete_broadcast(*, public_id: UUID, actor: Actor = SYSTEM) -> None:
    """Only a draft can go; what was sent stays.

    Raises:
        NotFound, Conflict
    """
    require_draft(found(public_id))
    with transaction.atomic():
        broadcast = locked(public_id)
        require_draft(broadcast)
        record(actor=actor, action="broadcast.deleted", target=broadcast)
        broadcast.delete()


def _checked(values: Mapping[str, Any], *, partial: bool = False) -> dict[str, Any]:
    unknown = sorted(set(values) - set(FIELDS))
    if unknown:
        raise InvalidInput(_("Unknown fields."), fields=dict.fromkeys(unknown, _("Unknown.")))
    checked = dict(values)
    problems: dict[str, str] = {}
    if "name" in checked or not partial:
        checked["name"] = " ".join(str(checked.get("name", "")).split())
        if not 0 < len(checked["name"]) <= 200:
            problems["name"] = _("Enter a name of up to 200 characters.")
    if not 0 <= checked.get("control_bp", 0) <= MOST_CONTROL_BP:
        problems["control_bp"] = _("The control group takes from 0 to 50 percent.")
    if not 1 <= checked.get("window_days", 14) <= LONGEST_WINDOW_DAYS:
        problems["window_days"] = _("The window lasts from 1 to 90 days.")
    if checked.get("content_cost", 0) < 0:
        problems["content_cost"] = _("The cost cannot be negative.")
    if problems:
        raise InvalidInput(next(iter(problems.values())), fields=problems)
    return checked


def _check_channel(values: Mapping[str, Any]) -> None:
    """A channel must be lawful for advertising, and one that the platform can send through."""
    channel = values.get("channel")
    if channel is None:
        return
    if channel not in channel_law.CHANNELS:
        text = _("There is no such channel.")
        raise InvalidInput(text, fields={"channel": text})
    demand_lawful(channel, channel_law.ADVERTISING)
    if channel not in selectors.SENDING_CHANNELS:
        text = _("The platform does not send through this channel yet.")
        raise InvalidInput(text, code="no_adapter", fields={"channel": text})


def found(public_id: UUID) -> Broadcast:
    broadcast = selectors.broadcast_by_public_id(public_id)
    if broadcast is None:
        raise NotFound(_("There is no such broadcast."))
    return broadcast


def locked(public_id: UUID) -> Broadcast:
    broadcast = Broadcast.objects.select_for_update().filter(public_id=public_id).first()
    if broadcast is None:
        raise NotFound(_("There is no such broadcast."))
    return broadcast


def require_draft(broadcast: Broadcast) -> None:
    if broadcast.status != Status.DRAFT:
        text = _("This cannot be done: the broadcast is in the state “%(state)s”.")
        raise Conflict(text % {"state": broadcast.get_status_display()}, code="wrong_state")
