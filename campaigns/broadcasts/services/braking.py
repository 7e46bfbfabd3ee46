"""The brakes of a started broadcast, and what its sending tells of itself."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.broadcasts.models import Broadcast
from campaigns.broadcasts.services.drafts import found, locked
from campaigns.broadcasts.services.preparing import cancel_preparation
from campaigns.delivery import services as delivery
from cvm_platform.common import clock
from cvm_platform.common.errors import Conflict
from tenants.audit.services import SYSTEM, Actor, record

Status = Broadcast.Status


def pause_broadcast(*, public_id: UUID, actor: Actor = SYSTEM, reason: str = "") -> Broadcast:
    """Raises: NotFound, Conflict."""
    return _brake(public_id, actor, "broadcast.paused",
                  lambda pk: delivery.pause_dispatch(dispatch_id=pk, reason=reason))  # fmt: skip


def resume_broadcast(*, public_id: UUID, actor: Actor = SYSTEM) -> Broadcast:
    """Raises: NotFound, Conflict."""
    return _brake(public_id, actor, "broadcast.resumed",
                  lambda pk: delivery.resume_dispatch(dispatch_id=pk))  # fmt: skip


def cancel_broadcast(*, public_id: UUID, actor: Actor = SYSTEM) -> Broadcast:
    """For good; letters that left cannot be taken back. What is only being prepared is a draft
    again. Raises: NotFound, Conflict.
    """
    if found(public_id).status == Status.PREPARING:
        return cancel_preparation(public_id=public_id, actor=actor)
    return _brake(public_id, actor, "broadcast.cancelled",
                  lambda pk: delivery.cancel_dispatch(dispatch_id=pk))  # fmt: skip


def follow_dispatch(dispatch_id: int, status: str) -> None:
    """The broadcast shows what its dispatch does; registered with the sending."""
    states = {
        "running": Status.SENDING, "paused": Status.PAUSED, "finished": Status.SENT,
        "cancelled": Status.CANCELLED,
    }  # fmt: skip
    Broadcast.objects.filter(dispatch_id=dispatch_id).update(
        status=states[status], updated_at=clock.now()
    )


def _brake(public_id: UUID, actor: Actor, action: str, pull: Any) -> Broadcast:
    with transaction.atomic():
        broadcast = locked(public_id)
        if broadcast.dispatch_id is None:
            raise Conflict(_("This broadcast was not started."), code="wrong_state")
        pull(broadcast.dispatch_id)
        record(actor=actor, action=action, target=broadcast)
    return found(public_id)
