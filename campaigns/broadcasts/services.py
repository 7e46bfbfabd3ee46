"""The one door to broadcasts: drafts, the estimate, the start, and the brakes."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.broadcasts import audience, selectors
from campaigns.broadcasts.contracts import MOST_CONTROL_BP, Estimate
from campaigns.broadcasts.models import Broadcast
from campaigns.broadcasts.power import measure_power
from campaigns.delivery import services as delivery
from campaigns.delivery.content import Content, content_of, freeze
from campaigns.experiments import services as experiments
from campaigns.segments.models import Segment
from campaigns.segments.services import refresh_segment
from cvm_platform.common import clock
from cvm_platform.common.errors import Conflict, InvalidInput, NotFound
from tenants.audit.services import SYSTEM, Actor, record
from tenants.tenancy.selectors import current_tenant

Status = Broadcast.Status
FIELDS = (
    "name", "segment_id", "template_id", "sender_id", "hypothesis", "control_bp", "window_days",
    "content_cost",
)  # fmt: skip
LONGEST_WINDOW_DAYS = 90


def create_broadcast(*, actor: Actor = SYSTEM, **values: Any) -> Broadcast:
    """A new draft.

    Args:
        values: `FIELDS`; only `name` is required.

    Raises:
        InvalidInput: with the fields to blame.
    """
    checked = _checked(values)
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
    with transaction.atomic():
        broadcast = _locked(public_id)
        _require(broadcast, Status.DRAFT)
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
    with transaction.atomic():
        broadcast = _locked(public_id)
        _require(broadcast, Status.DRAFT)
        record(actor=actor, action="broadcast.deleted", target=broadcast)
        broadcast.delete()


def estimate_audience(*, public_id: UUID) -> Estimate:
    """Counts by the gate of the sending who gets the letter and who not, and keeps the answer.

    Raises:
        NotFound
        InvalidInput: something is not chosen yet.
        Conflict: it was started already.
    """
    broadcast = _found(public_id)
    _require(broadcast, Status.DRAFT)
    _complete(broadcast, "segment")
    _refresh(broadcast)
    experiments.ensure_global_group()
    policy = audience.policy_of(broadcast)
    reasons = audience.count_reasons(broadcast, policy)
    treated, control = audience.arms_of(reasons)
    estimate = Estimate(
        segment=sum(reasons.values()),
        reasons={code: count for code, count in reasons.items() if code},
        will_receive=reasons.get("", 0),
        at=clock.now().isoformat(),
        power=measure_power(
            audience.eligible(broadcast, policy), treated=treated, control=control,
            window_days=broadcast.window_days,
        ),
    )  # fmt: skip
    Broadcast.objects.filter(pk=broadcast.pk, status=Status.DRAFT).update(
        estimate=estimate.to_json()
    )
    return estimate


def start_broadcast(
    *, public_id: UUID, actor: Actor = SYSTEM, expected: int | None = None
) -> Broadcast:
    """Registers, draws the control group and hands the audience to the sending; all or nothing.

    Args:
        expected: how many letters the person who starts was shown; a different number now means
            that nothing is started.

    Raises:
        NotFound, InvalidInput, TemplateInvalid
        Conflict: started already, nobody to write to, or the numbers have changed.
    """
    broadcast = _found(public_id)
    _require(broadcast, Status.DRAFT)
    content = _content(broadcast)
    estimate = estimate_audience(public_id=public_id)
    if estimate.will_receive == 0:
        raise Conflict(_("Nobody would get this letter. Look at the reasons."), code="nobody")
    if expected is not None and expected != estimate.will_receive:
        text = _("The numbers have changed: %(now)s letters instead of %(shown)s. Look again.")
        raise Conflict(
            text % {"now": estimate.will_receive, "shown": expected}, code="numbers_changed"
        )
    with transaction.atomic():
        broadcast = _locked(public_id)
        _require(broadcast, Status.DRAFT)
        _launch(broadcast, content, estimate)
        record(
            actor=actor, action="broadcast.started", target=broadcast,
            details={"segment": estimate.segment, "letters": estimate.will_receive},
        )  # fmt: skip
    return broadcast


def _launch(broadcast: Broadcast, content: Content, estimate: Estimate) -> None:
    now = clock.now()
    policy = audience.policy_of(broadcast)
    broadcast.registered_at = broadcast.assigned_at = now
    if policy.is_advertising and broadcast.control_bp:
        broadcast.layer = experiments.draw_local(
            code=audience.layer_code(broadcast), control_bp=broadcast.control_bp,
            population=audience.eligible(broadcast, policy), assigned_at=now,
        )  # fmt: skip
        policy = audience.with_layer(policy, broadcast.layer.pk)
    broadcast.status = Status.SENDING
    broadcast.estimate = estimate.to_json()
    broadcast.save()
    broadcast.dispatch = delivery.start_dispatch(
        audience=audience.audience_of(broadcast), content=content, policy=policy,
        price=selectors.price_of_message(),
    )  # fmt: skip
    broadcast.save(update_fields=["dispatch"])


def pause_broadcast(*, public_id: UUID, actor: Actor = SYSTEM, reason: str = "") -> Broadcast:
    """Raises: NotFound, Conflict."""
    return _brake(public_id, actor, "broadcast.paused",
                  lambda pk: delivery.pause_dispatch(dispatch_id=pk, reason=reason))  # fmt: skip


def resume_broadcast(*, public_id: UUID, actor: Actor = SYSTEM) -> Broadcast:
    """Raises: NotFound, Conflict."""
    return _brake(public_id, actor, "broadcast.resumed",
                  lambda pk: delivery.resume_dispatch(dispatch_id=pk))  # fmt: skip


def cancel_broadcast(*, public_id: UUID, actor: Actor = SYSTEM) -> Broadcast:
    """For good; letters that left cannot be taken back. Raises: NotFound, Conflict."""
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
        broadcast = _locked(public_id)
        if broadcast.dispatch_id is None:
            raise Conflict(_("This broadcast was not started."), code="wrong_state")
        pull(broadcast.dispatch_id)
        record(actor=actor, action=action, target=broadcast)
    return _found(public_id)


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


def _complete(broadcast: Broadcast, *names: str) -> None:
    texts = {
        "segment": _("Choose a segment."),
        "template": _("Choose a letter."),
        "sender": _("Choose a sender."),
    }
    missing = {name: texts[name] for name in names if getattr(broadcast, f"{name}_id") is None}
    if missing:
        raise InvalidInput(next(iter(missing.values())), code="incomplete", fields=missing)


def _content(broadcast: Broadcast) -> Content:
    _complete(broadcast, "segment", "template", "sender")
    template, sender = broadcast.template, broadcast.sender
    if template is None or sender is None:
        raise InvalidInput(_("Choose a letter."), code="incomplete")
    content = content_of(template, sender)
    freeze(content, current_tenant())  # says now what would fail later
    return content


def _refresh(broadcast: Broadcast) -> None:
    segment = broadcast.segment
    if segment is None:
        return
    refreshed = refresh_segment(segment.pk)
    if refreshed.status == Segment.Status.FAILED:
        raise Conflict(_("The segment cannot be counted. Open it to see why."), code="segment")


def _found(public_id: UUID) -> Broadcast:
    broadcast = selectors.broadcast_by_public_id(public_id)
    if broadcast is None:
        raise NotFound(_("There is no such broadcast."))
    return broadcast


def _locked(public_id: UUID) -> Broadcast:
    broadcast = Broadcast.objects.select_for_update().filter(public_id=public_id).first()
    if broadcast is None:
        raise NotFound(_("There is no such broadcast."))
    return broadcast


def _require(broadcast: Broadcast, status: Broadcast.Status) -> None:
    if broadcast.status != status:
        text = _("This cannot be done: the broadcast is in the state “%(state)s”.")
        raise Conflict(text % {"state": broadcast.get_status_display()}, code="wrong_state")
