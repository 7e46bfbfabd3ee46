"""A request comes in: who, what, how; its clock starts and its effect takes place."""

from dataclasses import asdict, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from cvm_platform.common import bulk, clock
from cvm_platform.common.errors import InvalidInput
from cvm_platform.common.uuids import uuid7
from tenants.audit.services import Actor
from tenants.customers.models import Customer
from tenants.requests.contracts import (
    FORWARD_DAYS,
    REPEAT_DAYS,
    Applicant,
    Channel,
    IdentityCheck,
    Party,
    Repeat,
    Type,
)
from tenants.requests.models import SubjectRequest
from tenants.requests.sealing import contact_hmacs, seal_applicant
from tenants.requests.services.clocks import open_tasks, set_terms
from tenants.requests.services.effects import apply_effects
from tenants.requests.services.forwarding import open_forward_task
from tenants.requests.services.identity import put_identity, status_by_identity
from tenants.requests.services.journal import note
from tenants.tenancy.selectors import current_tenant
from tenants.workdays.selectors import work_calendar

_LONGEST_TEXT = 10_000
_PROMPT = timedelta(minutes=5)  # clocks of two machines differ


def _allowed_repeat(
    kind: str, customer_id: int | None, received_at: datetime, repeat_reason: str
) -> SubjectRequest | None:
    """The earlier request that this one repeats, when article 14 lets it."""
    repeat_of = _earlier(kind, customer_id, received_at)
    if repeat_of is not None and repeat_reason not in Repeat.values:
        text = _("The same was asked less than 30 days ago: name the ground of article 14.")
        raise InvalidInput(text, fields={"repeat_reason": text}, code="repeat")
    return repeat_of


def register(
    *,
    kind: str,
    received_at: datetime,
    channel: str,
    applicant: Applicant,
    actor: Actor,
    customer_id: int | None = None,
    party: str = Party.OPERATOR,
    identity: IdentityCheck | None = None,
    authority: str = "",
    repeat_reason: str = "",
    external_id: str | None = None,
    language: str = "ru",
) -> SubjectRequest:
    """Writes a request down and makes happen at once what its type demands.

    Promotion stops, withdrawals and demands to stop take effect when this is committed; a claim
    of unlawful processing blocks the customer. The same `external_id` gives the same request.

    Args:
        identity: what made sure who asks; without it the request waits for the customer, where
            its type needs it.
        authority: the representative's paper, when `applicant.representative` acts.

    Raises:
        InvalidInput: with the fields that are wrong; a repeat of article 14 without a ground.
    """
    known = SubjectRequest.objects.filter(external_id=external_id or "").first()
    if known is not None:
        return known
    cleaned = _checked(
        kind, received_at, channel, applicant, customer_id=customer_id, authority=authority
    )
    with transaction.atomic():
        bulk.lock_tenant(f"request:{customer_id}")
        repeat_of = _allowed_repeat(kind, customer_id, received_at, repeat_reason)
        request = SubjectRequest(
            public_id=uuid7(), type=kind, customer_id=customer_id, channel=channel, party=party,
            received_at=received_at, created_by=actor.name, created_at=clock.now(),
            contact_hmacs=contact_hmacs(cleaned), external_id=external_id or None,
            language=language, repeat_of=repeat_of,
            repeat_reason=repeat_reason if repeat_of else "",
            is_representative=bool(cleaned.representative), authority=authority[:200],
        )  # fmt: skip
        request.applicant_sealed = seal_applicant(request.public_id, cleaned)
        _open(request, identity, actor)
        note(request, actor, "registered", channel=channel, party=party,
             repeat_of=repeat_of.pk if repeat_of else None)  # fmt: skip
        open_tasks(request)
        open_forward_task(request)
        apply_effects(request, actor)
    return request


def _open(request: SubjectRequest, identity: IdentityCheck | None, actor: Actor) -> None:
    set_terms(request)
    if identity is not None:
        put_identity(request, identity, actor)
    request.status = status_by_identity(request)
    if request.party == Party.PROCESSOR:
        zone = current_tenant().timezone
        received = request.received_at.astimezone(ZoneInfo(zone)).date()
        request.forward_due_at = work_calendar().working_term(received, FORWARD_DAYS).due_at(zone)
    request.save()


def _earlier(kind: str, customer_id: int | None, received_at: datetime) -> SubjectRequest | None:
    """The first request for access within the thirty days before (article 14(4))."""
    if kind != Type.ACCESS_14 or customer_id is None:
        return None
    return (
        SubjectRequest.objects.filter(
            customer_id=customer_id, type=kind, received_at__lte=received_at,
            received_at__gt=received_at - timedelta(days=REPEAT_DAYS),
        )
        .order_by("received_at", "pk")
        .first()
    )  # fmt: skip


def _checked(
    kind: str, received_at: datetime, channel: str, applicant: Applicant, *,
    customer_id: int | None, authority: str,
) -> Applicant:  # fmt: skip
    """The applicant without stray spaces. Raises: InvalidInput by field."""
    problems: dict[str, str] = {}
    if kind not in Type.values:
        problems["kind"] = _("There is no such type of request.")
    if channel not in Channel.values:
        problems["channel"] = _("There is no such way to come in.")
    if received_at > clock.now() + _PROMPT:
        problems["received_at"] = _("This is in the future.")
    if customer_id is not None and not Customer.objects.filter(pk=customer_id).exists():
        problems["customer"] = _("There is no such customer.")
    if applicant.representative.strip() and not authority.strip():
        problems["authority"] = _("Name the paper that gives the representative his right.")
    if len(applicant.text) > _LONGEST_TEXT:
        problems["text"] = _("This is too long.")
    if problems:
        raise InvalidInput(next(iter(problems.values())), fields=problems)
    return replace(
        applicant,
        **{name: str(value).strip() for name, value in asdict(applicant).items()},
    )
