"""The estimate and the start: one count for both, and the start goes on where the count ends."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.broadcasts import audience, selectors
from campaigns.broadcasts.contracts import Estimate, Phase
from campaigns.broadcasts.models import Broadcast
from campaigns.broadcasts.power import measure_power
from campaigns.broadcasts.services.drafts import found, locked, require_draft
from campaigns.delivery import services as delivery
from campaigns.delivery.content import Content, content_of, freeze
from campaigns.delivery.contracts import Policy
from campaigns.experiments import services as experiments
from campaigns.experiments.draws import Draw
from campaigns.segments.models import Segment
from campaigns.segments.services import refresh_segment
from campaigns.segments.statements import TooSlow
from cvm_platform.common import bulk, clock
from cvm_platform.common.errors import Conflict, DomainError, InvalidInput
from tenants.audit.services import SYSTEM, Actor, record
from tenants.tenancy.selectors import current_tenant

Status = Broadcast.Status


class Work(Protocol):
    """Who waits for it: a person at the other end of a request, or nobody."""

    def tell(self, phase: Phase) -> None:
        """What is done next. May raise when nobody wants it any more."""

    def take(self) -> Broadcast:
        """The broadcast, locked to the end of the transaction, if it is still ours to change."""


@dataclass(frozen=True, slots=True)
class AtOnce:
    """In the request, as long as the draft is the one that was counted."""

    broadcast: Broadcast

    def tell(self, phase: Phase) -> None:
        """Nobody is looking."""

    def take(self) -> Broadcast:
        fresh = locked(self.broadcast.public_id)
        require_draft(fresh)
        if fresh.updated_at != self.broadcast.updated_at:
            text = _("Somebody changed this broadcast meanwhile. Look at it again.")
            raise Conflict(text, code="changed_meanwhile")
        return fresh


@dataclass(frozen=True, slots=True)
class _Counted:
    policy: Policy
    draw: Draw | None
    estimate: Estimate


def estimate_audience(*, public_id: UUID) -> Estimate:
    """Counts by the gate of the sending who gets the letter and who not, and keeps the answer.

    Raises:
        NotFound
        InvalidInput: something is not chosen yet.
        Conflict: it was started already, or changed while it was counted.
    """
    broadcast = found(public_id)
    require_draft(broadcast)
    return make_estimate(broadcast, AtOnce(broadcast))


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
    broadcast = found(public_id)
    require_draft(broadcast)
    return make_start(broadcast, AtOnce(broadcast), actor=actor, expected=expected)


def make_estimate(broadcast: Broadcast, work: Work) -> Estimate:
    """`estimate_audience` of a broadcast that the caller may count."""
    complete(broadcast, "segment")
    size = _bring_up_to_date(broadcast, work)
    with transaction.atomic():
        estimate = _count(broadcast, work, size=size).estimate
        fresh = work.take()
        # not `save`: a new count is no change of the draft
        Broadcast.objects.filter(pk=fresh.pk).update(
            status=Status.DRAFT, estimate=estimate.to_json()
        )
    return estimate


def make_start(
    broadcast: Broadcast, work: Work, *, actor: Actor, expected: int | None
) -> Broadcast:
    """`start_broadcast` of a broadcast that the caller may start.

    Nothing is locked while it counts: only what is written at the end is, for seconds.
    """
    content = checked_content(broadcast)
    size = _bring_up_to_date(broadcast, work)
    with transaction.atomic():
        counted = _count(broadcast, work, size=size)
        refusal = _refusal(counted.estimate, expected)
        if refusal is None:
            work.tell(Phase.HANDING)
            broadcast = work.take()
            _launch(broadcast, content, counted)
            record(
                actor=actor, action="broadcast.started", target=broadcast,
                details={"segment": counted.estimate.segment,
                         "letters": counted.estimate.will_receive},
            )  # fmt: skip
    if refusal is not None:  # the new numbers are what to look at
        Broadcast.objects.filter(pk=broadcast.pk, dispatch=None).update(
            estimate=counted.estimate.to_json()
        )
        raise refusal
    return broadcast


def _bring_up_to_date(broadcast: Broadcast, work: Work) -> int:
    """Members and the global group, each in a transaction of its own; gives the members' number."""
    work.tell(Phase.MEMBERS)
    size = _refresh(broadcast)
    work.tell(Phase.GROUP)
    experiments.ensure_global_group()
    return size


def _count(broadcast: Broadcast, work: Work, *, size: int) -> _Counted:
    policy = audience.policy_of(broadcast)
    work.tell(Phase.GATE)
    audience.judge(broadcast, policy, size=size)
    work.tell(Phase.DRAW)
    draw = audience.draw_of(broadcast, policy)
    reasons = audience.count_reasons(draw)
    treated, control = (int((~draw.control).sum()), int(draw.control.sum())) if draw else (0, 0)
    with bulk.one_pass():
        power = measure_power(
            audience.eligible(), treated=treated, control=control,
            window_days=broadcast.window_days,
        )  # fmt: skip
    estimate = Estimate(
        segment=sum(reasons.values()),
        reasons={code: count for code, count in reasons.items() if code},
        will_receive=reasons.get("", 0),
        at=clock.now().isoformat(),
        power=power,
    )
    return _Counted(policy, draw, estimate)


def _refusal(estimate: Estimate, expected: int | None) -> DomainError | None:
    if estimate.will_receive == 0:
        return Conflict(_("Nobody would get this letter. Look at the reasons."), code="nobody")
    if expected is not None and expected != estimate.will_receive:
        # without the numbers: the text is stored, and read by those who do not see them exactly
        text = _("The numbers have changed since you saw them. Look again.")
        return Conflict(text, code="numbers_changed")
    return None


def _launch(broadcast: Broadcast, content: Content, counted: _Counted) -> None:
    now = clock.now()
    policy = counted.policy
    broadcast.registered_at = broadcast.assigned_at = now
    if counted.draw is not None:
        broadcast.layer = experiments.keep_draw(
            code=audience.layer_code(broadcast), control_bp=broadcast.control_bp,
            draw=counted.draw, assigned_at=now,
        )  # fmt: skip
        policy = audience.with_layer(policy, broadcast.layer.pk)
    broadcast.status = Status.SENDING
    broadcast.estimate = counted.estimate.to_json()
    broadcast.save()
    broadcast.dispatch = delivery.start_dispatch(
        audience=audience.audience(), content=content, policy=policy,
        price=selectors.price_of_message(),
    )  # fmt: skip
    broadcast.save(update_fields=["dispatch"])


def complete(broadcast: Broadcast, *names: str) -> None:
    texts = {
        "segment": _("Choose a segment."),
        "template": _("Choose a letter."),
        "sender": _("Choose a sender."),
    }
    missing = {name: texts[name] for name in names if getattr(broadcast, f"{name}_id") is None}
    if missing:
        raise InvalidInput(next(iter(missing.values())), code="incomplete", fields=missing)


def checked_content(broadcast: Broadcast) -> Content:
    complete(broadcast, "segment", "template", "sender")
    template, sender = broadcast.template, broadcast.sender
    if template is None or sender is None:
        raise InvalidInput(_("Choose a letter."), code="incomplete")
    content = content_of(template, sender)
    freeze(content, current_tenant())  # says now what would fail later
    return content


def _refresh(broadcast: Broadcast) -> int:
    """How many members there are now."""
    if broadcast.segment_id is None:
        return 0
    try:
        segment = refresh_segment(broadcast.segment_id)
    except TooSlow:
        segment = Segment.objects.get(pk=broadcast.segment_id)
    if segment.status == Segment.Status.FAILED:
        raise Conflict(_("The segment cannot be counted. Open it to see why."), code="segment")
    return segment.count or 0
