"""The end of a request: what was found, what was corrected, what was answered and how."""

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cvm_platform.common import clock
from cvm_platform.common.errors import Conflict, InvalidInput
from tenants.audit.contracts import Action, ProcessingRow
from tenants.audit.services import Actor, log_processing
from tenants.customers.services import correct_customer
from tenants.requests import selectors
from tenants.requests.contracts import (
    Channel,
    Decision,
    Repeat,
    Status,
    Type,
)
from tenants.requests.models import RecipientNotice, RequestFile, SubjectRequest
from tenants.requests.sealing import seal_text
from tenants.requests.services.clocks import close_tasks
from tenants.requests.services.effects import BLOCKS, ask_recipients
from tenants.requests.services.files import ask_file
from tenants.requests.services.journal import note
from tenants.requests.services.locking import locked_open

_LONGEST = 10_000


def rectify(
    *, public_id: UUID, values: Mapping[str, str], proof: str, actor: Actor
) -> SubjectRequest:
    """Puts the data right on proof; those who got the wrong ones are to be told.

    Args:
        values: see customers.services.correct_customer.
        proof: what was shown: kind and date of a paper, no number.

    Raises:
        NotFound, InvalidInput
        Conflict: closed, nobody is known, or who asks is not certain.
    """
    if not proof.strip():
        text = _("Write what proves the right data: kind and date of the paper.")
        raise InvalidInput(text, fields={"proof": text})
    with transaction.atomic():
        request = locked_open(public_id)
        customer_id = _certain(request)
        changed = correct_customer(customer_id=customer_id, values=values)
        if not changed:
            text = _("Nothing here differs from what is kept.")
            raise InvalidInput(text, fields={"last": text})
        log_processing(
            rows=[
                ProcessingRow(
                    actor=actor, action=Action.UPDATE, object_type="request",
                    object_id=str(request.pk), subject_id=customer_id, categories=changed,
                    basis="152-FZ 20(3)",
                )
            ]
        )  # fmt: skip
        request.effective_at = clock.now()
        request.save(update_fields=["effective_at"])
        told = ask_recipients(request, RecipientNotice.Reason.CORRECTED)
        note(request, actor, "corrected", fields=changed, proof=proof.strip()[:200],
             recipients=told)  # fmt: skip
        ask_file(request=request, kind=RequestFile.Kind.RECTIFY, actor=actor)
    return request


def _certain(request: SubjectRequest) -> int:
    if request.customer_id is None:
        raise Conflict(_("Say first which customer asks."), code="nobody")
    if selectors.needs_identity(request):
        raise Conflict(_("Make sure first who asks: article 14(3)."), code="identity")
    return request.customer_id


def mark_notified(*, notice_id: int, proof: str, actor: Actor) -> RecipientNotice:
    """A recipient was told. Raises: Conflict: no such notice; InvalidInput: no proof."""
    if not proof.strip():
        text = _("Write how the recipient was told: letter, number, date.")
        raise InvalidInput(text, fields={"proof": text})
    with transaction.atomic():
        row = (
            RecipientNotice.objects.select_for_update(of=("self",))
            .select_related("request")
            .filter(pk=notice_id, notified_at=None)
            .first()
        )
        if row is None:
            raise Conflict(_("This recipient was told already."), code="told")
        row.notified_at, row.notified_by, row.proof = clock.now(), actor.name, proof.strip()[:200]
        row.save(update_fields=["notified_at", "notified_by", "proof"])
        note(row.request, actor, "recipient_told", code=row.code)
    return row


def answer(
    *,
    public_id: UUID,
    decision: str,
    text: str,
    form: str,
    actor: Actor,
    ground: str = "",
) -> SubjectRequest:
    """The operator has sent his answer; the platform sends nothing itself.

    Args:
        form: how it was sent; the form of the request unless the person asked for another.
        ground: article of the law, for a refusal in whole or in part.

    Raises:
        NotFound
        InvalidInput: no text, no ground of a refusal, or an address that nobody confirmed.
        Conflict: closed, or work that must come first is left.
    """
    with transaction.atomic():
        request = locked_open(public_id)
        _check_answer(request, decision, text, form, ground)
        if decision != Decision.REFUSED:
            _check_done(request)
        request.decision, request.refusal_ground = decision, ground.strip()[:200]
        request.answer_form = form
        request.answer_sealed = seal_text(request.public_id, "answer", text.strip()[:_LONGEST])
        request.answered_at, request.answered_by = clock.now(), actor.name
        is_no = decision == Decision.REFUSED
        request.status = Status.REFUSED if is_no else Status.ANSWERED
        request.save()
        note(request, actor, "answered", decision=decision, form=form, ground=ground.strip()[:200],
             late=request.answered_at > request.due_at)  # fmt: skip
        close_tasks(request)
    return request


def _check_answer(
    request: SubjectRequest, decision: str, text: str, form: str, ground: str
) -> None:
    problems: dict[str, str] = {}
    if decision not in Decision.values:
        problems["decision"] = _("Choose what was decided.")
    if not text.strip():
        problems["text"] = _("Write what was answered.")
    if form not in Channel.values:
        problems["form"] = _("Choose how the answer was sent.")
    if decision in {Decision.REFUSED, Decision.PARTIAL} and not ground.strip():
        problems["ground"] = _("A refusal names the article of the law: article 20(2).")
    if request.repeat_reason == Repeat.NONE_14_6 and decision != Decision.REFUSED:
        problems["decision"] = _("A repeat without a ground is refused by article 14(6).")
    if form == Channel.EMAIL and not is_address_sure(request):
        problems["form"] = _("Nobody confirmed this e-mail: answer on paper or check who asks.")
    if problems:
        raise InvalidInput(next(iter(problems.values())), fields=problems)


def is_address_sure(request: SubjectRequest) -> bool:
    """Whether the person has confirmed the address, or it was checked who he is."""
    return request.address_verified_at is not None or not selectors.needs_identity(request)


def _check_done(request: SubjectRequest) -> None:
    if selectors.needs_identity(request):
        raise Conflict(_("Make sure first who asks: article 14(3)."), code="identity")
    if selectors.open_notices(request):
        raise Conflict(
            _("Recipients of the data are not told yet: article 20(3)."), code="recipients"
        )
    if request.type == Type.RECTIFY_20_3 and request.effective_at is None:
        raise Conflict(_("Correct the data first, or refuse with the article."), code="uncorrected")
    if request.type in BLOCKS and not request.finding:
        raise Conflict(_("Write first what the check found."), code="unchecked")
