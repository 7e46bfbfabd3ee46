"""What a request makes happen at once, through the doors of other apps."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cvm_platform.common import clock
from tenants.accounts.contracts import Permission
from tenants.approvals.contracts import ApprovalKind
from tenants.approvals.services import ask_approval
from tenants.audit.contracts import Action, ProcessingRow
from tenants.audit.services import SYSTEM, Actor, log_processing
from tenants.customers.models import Customer
from tenants.customers.services import set_status
from tenants.privacy.models import StopEvent
from tenants.privacy.services import stop
from tenants.requests import registry
from tenants.requests.contracts import Channel, Type
from tenants.requests.models import RecipientNotice, SubjectRequest
from tenants.requests.selectors import remaining_of
from tenants.requests.services.clocks import url_of
from tenants.requests.services.journal import note
from tenants.tenancy.selectors import current_tenant
from tenants.workdays.selectors import work_calendar

UNBLOCK = "requests.unblock"
STOPS: Mapping[str, str] = {
    Type.STOP_PROMO_15_2: "PROMOTION_STOP_15_2",
    Type.WITHDRAW_21_5: "CONSENT_WITHDRAWAL_9_2",
    Type.STOP_21_5_1: "PROCESSING_STOP_21_5_1",
    # while a claim is checked nothing is advertised either
}
BLOCKS = frozenset({Type.BLOCK_21_1, Type.DESTROY_UNLAWFUL_20_3})
_SOURCES: Mapping[str, str] = {
    Channel.PAPER: "PAPER", Channel.EMAIL: "EMAIL_TO_DPO", Channel.PHONE: "CALL",
    Channel.API: "API", Channel.FORM: "LINK", Channel.OFFICE: "STAFF",
}  # fmt: skip
NOTICE_DAYS = 1  # working days for the proof that a partner removed the person (spec. 5)


def apply_effects(request: SubjectRequest, actor: Actor) -> None:
    """Stops or blocks in the caller's transaction; in effect when it is committed.

    Does nothing for a request that nobody known stands behind, or whose effect has been made.
    """
    if request.customer_id is None or request.effective_at is not None:
        return
    if request.type in STOPS:
        _stop(request, request.customer_id, actor)
    elif request.type in BLOCKS:
        _block(request, request.customer_id, actor)


def _stop(request: SubjectRequest, customer_id: int, actor: Actor) -> StopEvent:
    event = stop(
        kind=STOPS[request.type], customer_id=customer_id, source=_SOURCES[request.channel],
        received_at=request.received_at, received_by=actor.name, request_id=request.pk,
        details={"request": request.pk},
    )  # fmt: skip
    request.effective_at = event.effective_at
    request.remaining = remaining_of(customer_id)
    request.save(update_fields=["effective_at", "remaining"])
    told = ask_recipients(request, RecipientNotice.Reason.STOPPED)
    note(request, actor, "stopped", stop=event.pk, recipients=told)
    return event


def _block(request: SubjectRequest, customer_id: int, actor: Actor) -> None:
    """Blocked from the moment of the request (article 21(1)); only the officer lifts it."""
    changed = set_status(
        customer_ids=[customer_id], status=Customer.Status.BLOCKED,
        only_from=[Customer.Status.ACTIVE],
    )  # fmt: skip
    now = clock.now()
    request.effective_at = now
    request.save(update_fields=["effective_at"])
    log_processing(
        rows=[
            ProcessingRow(
                actor=actor, action=Action.BLOCK, object_type="request",
                object_id=str(request.pk), subject_id=customer_id, basis="152-FZ 21(1)",
            )
        ]
    )  # fmt: skip
    note(request, actor, "blocked", was_active=bool(changed))
    ask_approval(
        kind=UNBLOCK, target=request, actor=SYSTEM, url=url_of(request),
        title=str(_("Lift the block by request No. %(number)s?")) % {"number": request.pk},
        summary=str(_("A yes says that processing is lawful and data are right. A no leaves the customer blocked: decide on the request's page what was found.")),  # noqa: E501 one text
        after={
            str(pgettext_lazy("request", "Request")): f"№ {request.pk}",
            str(_("Customer No.")): customer_id,
        },
    )  # fmt: skip


def ask_recipients(request: SubjectRequest, reason: str) -> int:
    """Notes everybody outside who has the person's data and must hear of it. Returns how many."""
    if request.customer_id is None:
        return 0
    zone = current_tenant().timezone
    today = clock.today(zone)
    due_at = work_calendar().working_term(today, NOTICE_DAYS).due_at(zone)
    told = 0
    for recipients in registry.recipients():
        for code, name in recipients(request.customer_id):
            _row, made = RecipientNotice.objects.get_or_create(
                request=request, code=code[:60], reason=reason,
                defaults={"recipient": name[:200], "due_at": due_at},
            )  # fmt: skip
            told += made
    return told


def unblock(request: SubjectRequest, actor: Actor) -> None:
    if request.customer_id is None:
        return
    others = SubjectRequest.objects.filter(
        customer_id=request.customer_id, type__in=BLOCKS, finding="", decision="",
        effective_at__isnull=False,
    ).exclude(pk=request.pk)  # fmt: skip
    if not others.exists():
        set_status(
            customer_ids=[request.customer_id], status=Customer.Status.ACTIVE,
            only_from=[Customer.Status.BLOCKED],
        )  # fmt: skip
        note(request, actor, "unblocked")


def unblock_kind(decided: object) -> ApprovalKind:
    return ApprovalKind(
        UNBLOCK, _("Lifting of a block"), Permission.REQUESTS_WORK,
        decided,  # type: ignore[arg-type]  # given by the service that decides
        needs_second=False,
    )  # fmt: skip
