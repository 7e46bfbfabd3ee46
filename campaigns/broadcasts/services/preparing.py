"""Counts and starts in the background: claimed by one worker, all or nothing, safe to begin again.

A worker that is gone leaves a lease that ends; the clock then gives the work to another. Whoever
comes to the end first locks the preparation and looks whether it is still his; the other finds it
done and undoes all he did.
"""

import logging
import secrets
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db import OperationalError, transaction
from django.db.models import F, Q
from django.utils import translation
from django.utils.translation import gettext as _

from campaigns.broadcasts import selectors
from campaigns.broadcasts.contracts import Phase
from campaigns.broadcasts.models import Broadcast, Preparation
from campaigns.broadcasts.services.drafts import found, locked, require_draft
from campaigns.broadcasts.services.starting import (
    checked_content,
    complete,
    estimate_audience,
    make_estimate,
    make_start,
    start_broadcast,
)
from cvm_platform.common import bulk, clock
from cvm_platform.common.errors import Conflict, DomainError
from cvm_platform.common.jobs import enqueue
from cvm_platform.common.pulse import LEASE, Pulse
from tenants.audit.services import SYSTEM, Actor, record

Status = Broadcast.Status
State = Preparation.Status
Kind = Preparation.Kind
_TASK = "broadcasts.prepare"
_ATTEMPTS = 3
_PATIENCE = "3s"  # of Cancel: longer than a beat, and a person waits
_BEAT = """
UPDATE broadcasts_preparation SET phase = %s,
    lease_until = CASE WHEN status = 'active' AND lease_owner = %s THEN %s ELSE lease_until END
WHERE id = %s RETURNING status <> 'active' OR lease_owner <> %s
"""
_log = logging.getLogger(__name__)


class Superseded(Exception):
    """Cancelled, or done by another worker: nothing of ours may stay."""


def request_estimate(*, public_id: UUID, actor: Actor = SYSTEM) -> Broadcast:
    """Counts at once in a small company, else in the background.

    Returns:
        The broadcast: with its estimate, or in the state “preparing”.

    Raises:
        NotFound, InvalidInput, Conflict: as `estimate_audience`.
    """
    broadcast = found(public_id)
    require_draft(broadcast)
    complete(broadcast, "segment")
    if selectors.is_counted_at_once():
        estimate_audience(public_id=public_id)
    else:
        _begin(public_id, Kind.ESTIMATE, actor)
    return found(public_id)


def request_start(
    *, public_id: UUID, actor: Actor = SYSTEM, expected: int | None = None
) -> Broadcast:
    """Starts at once in a small company, else in the background: then numbers that have changed
    are told on the page of the broadcast.

    Returns:
        The broadcast: sending, or in the state “preparing”.

    Raises:
        NotFound, InvalidInput, TemplateInvalid, Conflict: as `start_broadcast`.
    """
    broadcast = found(public_id)
    require_draft(broadcast)
    checked_content(broadcast)
    if selectors.is_counted_at_once():
        start_broadcast(public_id=public_id, actor=actor, expected=expected)
    else:
        _begin(public_id, Kind.START, actor, expected=expected)
    return found(public_id)


def _begin(public_id: UUID, kind: Kind, actor: Actor, *, expected: int | None = None) -> None:
    with transaction.atomic():
        broadcast = locked(public_id)
        require_draft(broadcast)
        Broadcast.objects.filter(pk=broadcast.pk).update(status=Status.PREPARING)
        preparation = Preparation.objects.create(
            broadcast=broadcast, kind=kind, expected=expected, actor=asdict(actor),
            language=translation.get_language() or "", created_at=clock.now(),
        )  # fmt: skip
        if kind == Kind.START:
            record(actor=actor, action="broadcast.start_requested", target=broadcast,
                   details={"letters": expected})  # fmt: skip
        enqueue(_TASK, preparation_id=preparation.pk)


def cancel_preparation(*, public_id: UUID, actor: Actor = SYSTEM) -> Broadcast:
    """The broadcast is a draft again at once; the worker hears of it within a second.

    Raises:
        NotFound
        Conflict: nothing is being prepared, or the audience is being written down already.
    """
    broadcast = found(public_id)
    try:
        with transaction.atomic():
            bulk.run(f"SET LOCAL lock_timeout = '{_PATIENCE}'")
            active = Preparation.objects.select_for_update().filter(
                broadcast=broadcast, status=State.ACTIVE
            )
            preparation = active.first()
            if preparation is None:
                text = _("This cannot be done: the broadcast is in the state “%(state)s”.")
                label = broadcast.get_status_display()
                raise Conflict(text % {"state": label}, code="wrong_state")
            _end(preparation, State.CANCELLED)
            bulk.run("SET LOCAL lock_timeout = DEFAULT")
            record(actor=actor, action="broadcast.preparation_cancelled", target=broadcast)
    except OperationalError as error:
        text = _(
            "The audience is being fixed at this moment. Cancel the sending when it has begun."
        )
        raise Conflict(text, code="too_late") from error
    return found(public_id)


def run_preparation(*, preparation_id: int) -> bool:
    """Returns False when there was nothing to do: another worker is at it, or it is over."""
    now = clock.now()
    owner = secrets.token_hex(8)
    claimed = Preparation.objects.filter(
        Q(lease_until__isnull=True) | Q(lease_until__lt=now), pk=preparation_id,
        status=State.ACTIVE,
    ).update(lease_until=now + LEASE, lease_owner=owner, attempts=F("attempts") + 1)  # fmt: skip
    if not claimed:
        return False
    preparation = Preparation.objects.select_related("broadcast").get(pk=preparation_id)
    with translation.override(preparation.language or translation.get_language()):
        if preparation.attempts > _ATTEMPTS:
            text = _("The preparation broke off %(times)s times.") % {"times": _ATTEMPTS}
            _fail(preparation, text, "broke_off")
            return True
        with _Sign(preparation) as sign:
            _try(preparation, sign)
    return True


def _try(preparation: Preparation, sign: "_Sign") -> None:
    try:
        _work(preparation, sign)
    except Superseded:
        _log.info("Preparation %s is not wanted any more.", preparation.pk)
    except DomainError as error:
        _fail(preparation, error.message, error.code)
    except OperationalError:
        if not sign.is_cancelled:
            raise  # the database is away: the reaper starts it again
    except Exception:
        _fail(preparation, _("An error of ours stopped it. Nothing was started."), "internal")
        raise


def _work(preparation: Preparation, sign: "_Sign") -> None:
    broadcast = found(preparation.broadcast.public_id)
    if preparation.kind == Kind.ESTIMATE:
        make_estimate(broadcast, sign)
    else:
        actor = Actor(**preparation.actor)
        make_start(broadcast, sign, actor=actor, expected=preparation.expected)


class _Sign(Pulse):
    """The work as a worker does it: shows how far it is, hears when it is not wanted."""

    def __init__(self, preparation: Preparation) -> None:
        super().__init__(f"preparation {preparation.pk}")
        self._id, self._owner = preparation.pk, preparation.lease_owner
        self._broadcast_id = preparation.broadcast.public_id
        self._phase = Phase.WAITING

    def tell(self, phase: Phase) -> None:
        # a segment that is counted for others too is counted to its end
        self.may_break = phase not in {Phase.MEMBERS, Phase.GROUP}
        self._phase = phase
        if self.is_cancelled:
            raise Superseded

    def beat(self, cursor: Any) -> bool:
        until = clock.now() + LEASE
        cursor.execute(_BEAT, [self._phase, self._owner, until, self._id, self._owner])
        row = cursor.fetchone()
        return bool(row and row[0])

    def take(self) -> Broadcast:
        """Locks preparation and broadcast, in this order, and ends the one for the other."""
        self.stop()
        preparation = Preparation.objects.select_for_update().get(pk=self._id)
        if preparation.status != State.ACTIVE or preparation.lease_owner != self._owner:
            raise Superseded
        broadcast = locked(self._broadcast_id)
        _end(preparation, State.DONE)
        return broadcast


def _end(preparation: Preparation, status: State, *, error: str = "", code: str = "") -> None:
    """In a transaction that has locked the preparation."""
    preparation.status, preparation.finished_at = status, clock.now()
    preparation.error, preparation.error_code = error, code[:40]
    preparation.lease_until = None
    preparation.save(update_fields=["status", "finished_at", "error", "error_code", "lease_until"])
    Broadcast.objects.filter(pk=preparation.broadcast_id, status=Status.PREPARING).update(
        status=Status.DRAFT
    )


def _fail(preparation: Preparation, error: str, code: str) -> None:
    with transaction.atomic():
        fresh = Preparation.objects.select_for_update().get(pk=preparation.pk)
        if fresh.status == State.ACTIVE and fresh.lease_owner == preparation.lease_owner:
            _end(fresh, State.FAILED, error=str(error), code=code)


def reap_preparations() -> int:
    """Gives to a worker what a dead one left, or what was never told to any. Returns how many."""
    now = clock.now()
    lost = list(
        Preparation.objects.filter(
            Q(lease_until__lt=now) | Q(lease_until__isnull=True, created_at__lt=now - LEASE),
            status=State.ACTIVE,
        ).values_list("pk", flat=True)
    )
    for preparation_id in lost:
        enqueue(_TASK, preparation_id=preparation_id)
    if lost:
        _log.warning("Preparations taken up again: %s", lost)
    return len(lost)
