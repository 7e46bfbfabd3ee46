"""What the company does so that a channel opens, or closes it by its own will.

Opening needs a proof each time: an opinion that the client's officer approved, a contract, a
label. Closing needs nobody: what is stricter is always allowed.
"""

import hashlib
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from cvm_platform.common import clock
from cvm_platform.common.errors import Conflict, InvalidInput, NotFound
from tenants.accounts.contracts import Permission
from tenants.approvals.contracts import ApprovalKind
from tenants.approvals.services import ask_approval
from tenants.audit.services import Actor, record
from tenants.channel_law.contracts import CHANNELS, LONGEST_FILE, LONGEST_LABEL, SUBJECTS
from tenants.channel_law.models import CallLabel, ChannelSwitch, LegalOpinion, SenderId

OPINION = "channel.opinion"
_FILES = {b"%PDF-": ".pdf"}
_SENDER_CHANNELS = ("SMS", "CALL_MASS")
_SHORTEST_WORDS = 20


def _opinion_decided(target_id: str, is_approved: bool) -> None:
    status = LegalOpinion.Status.APPROVED if is_approved else LegalOpinion.Status.RETURNED
    LegalOpinion.objects.filter(pk=int(target_id), status=LegalOpinion.Status.PENDING).update(
        status=status
    )


# the client's own officer alone: an agency that wants to send may not judge whether it may
KIND = ApprovalKind(
    OPINION, gettext_lazy("Lawyer's opinion on a channel"), Permission.PRIVACY_OVERSEE,
    _opinion_decided,
)  # fmt: skip


def _check_opinion(
    channel: str, author: str, conclusion: str, term: tuple[date, date | None], content: bytes
) -> None:
    signed_on, valid_until = term
    if channel not in SUBJECTS:
        raise NotFound(_("There is no such channel."))
    problems = {}
    if not author.strip():
        problems["author"] = _("Write who gave the opinion.")
    if len(conclusion.strip()) < _SHORTEST_WORDS:
        problems["conclusion"] = _("Write the conclusion in a sentence or two.")
    if signed_on > clock.now().date():
        problems["signed_on"] = _("The date is in the future.")
    if valid_until is not None and valid_until < signed_on:
        problems["valid_until"] = _("The end is before the beginning.")
    if not content.startswith(tuple(_FILES)) or len(content) > LONGEST_FILE:
        problems["content"] = _("Attach a PDF of up to 5 MB.")
    _refuse(problems)


def attach_opinion(
    *,
    channel: str,
    author: str,
    signed_on: date,
    conclusion: str,
    file_name: str,
    content: bytes,
    actor: Actor,
    valid_until: date | None = None,
) -> LegalOpinion:
    """Keeps the document and asks the client's officer about it; until then nothing opens.

    Raises:
        InvalidInput: with the fields to blame.
    """
    _check_opinion(channel, author, conclusion, (signed_on, valid_until), content)
    digest = hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        opinion = LegalOpinion.objects.create(
            channel=channel, author=author.strip()[:200], signed_on=signed_on,
            valid_until=valid_until, conclusion=conclusion.strip(), file_name=file_name[:200],
            file_sha256=digest, content=content, added_by=actor.name, added_at=clock.now(),
        )  # fmt: skip
        record(actor=actor, action="channel_law.opinion_added", target=opinion,
               details={"channel": channel})  # fmt: skip
        ask_approval(
            kind=OPINION, target=opinion, actor=actor, summary=opinion.conclusion,
            title=_("Lawyer's opinion: %(channel)s") % {"channel": SUBJECTS[channel]},
            url=f"/channel-law/{channel}/",
            after={
                pgettext("opinion", "Subject"): str(SUBJECTS[channel]),
                _("Who gave it"): opinion.author,
                _("Signed"): date_format(signed_on, "j E Y"),
                _("Holds until"): date_format(valid_until, "j E Y") if valid_until else "—",
                _("Conclusion"): opinion.conclusion,
                _("File, SHA-256"): digest,
            },
        )  # fmt: skip
    return opinion


def revoke_opinion(*, public_id: UUID, actor: Actor) -> LegalOpinion:
    """The channel closes at once. Raises: NotFound, Conflict."""
    with transaction.atomic():
        opinion = LegalOpinion.objects.select_for_update().filter(public_id=public_id).first()
        if opinion is None:
            raise NotFound(_("There is no such opinion."))
        if opinion.status != LegalOpinion.Status.APPROVED:
            raise Conflict(_("Only an approved opinion can be taken back."), code="wrong_state")
        opinion.status = LegalOpinion.Status.REVOKED
        opinion.save(update_fields=["status"])
        record(actor=actor, action="channel_law.opinion_revoked", target=opinion,
               details={"channel": opinion.channel})  # fmt: skip
    return opinion


def close_channel(*, channel: str, reason: str, actor: Actor) -> ChannelSwitch:
    """Stricter than the law, at once: nothing more leaves through it. Raises: InvalidInput."""
    known_channel(channel)
    if not reason.strip():
        text = _("Write why the channel is closed.")
        raise InvalidInput(text, fields={"reason": text})
    with transaction.atomic():
        switch, _made = ChannelSwitch.objects.update_or_create(
            channel=channel,
            defaults={"reason": reason.strip()[:300], "closed_by": actor.name,
                      "closed_at": clock.now()},
        )  # fmt: skip
        record(actor=actor, action="channel_law.closed", target=switch,
               details={"channel": channel})  # fmt: skip
    return switch


def open_channel(*, channel: str, actor: Actor) -> bool:
    """Takes the company's own closing away; the law stays as it is. Twice is once."""
    with transaction.atomic():
        switch = ChannelSwitch.objects.select_for_update().filter(channel=channel).first()
        if switch is None:
            return False
        record(actor=actor, action="channel_law.opened", target=switch,
               details={"channel": channel})  # fmt: skip
        switch.delete()
    return True


def add_sender(
    *,
    channel: str,
    name: str,
    mobile_operator: str,
    contract_number: str,
    valid_from: date,
    actor: Actor,
    valid_to: date | None = None,
) -> SenderId:
    """A sender's name under a contract with a mobile operator. Raises: InvalidInput."""
    if channel not in _SENDER_CHANNELS:
        raise InvalidInput(_("This channel has no sender's names."), fields={"channel": channel})
    problems = _filled(name=name, mobile_operator=mobile_operator,
                       contract_number=contract_number)  # fmt: skip
    if valid_to is not None and valid_to < valid_from:
        problems["valid_to"] = _("The end is before the beginning.")
    _refuse(problems)
    with transaction.atomic():
        sender = SenderId.objects.create(
            channel=channel, name=name.strip()[:20], mobile_operator=mobile_operator.strip()[:100],
            contract_number=contract_number.strip()[:60], valid_from=valid_from,
            valid_to=valid_to, created_at=clock.now(),
        )  # fmt: skip
        record(actor=actor, action="channel_law.sender_added", target=sender,
               details={"channel": channel})  # fmt: skip
    return sender


def end_sender(*, pk: int, actor: Actor) -> None:
    """The contract ended today. Raises: NotFound."""
    _end(SenderId, pk, actor, "channel_law.sender_ended")


def add_call_label(
    *,
    number: str,
    name: str,
    category: str,
    mobile_operator: str,
    valid_from: date,
    actor: Actor,
    valid_to: date | None = None,
) -> CallLabel:
    """What subscribers see when the company calls. Raises: InvalidInput."""
    problems = _filled(number=number, name=name, category=category,
                       mobile_operator=mobile_operator)  # fmt: skip
    if len(name.strip()) > LONGEST_LABEL:
        problems["name"] = _("A caller's name has up to 32 characters.")
    if valid_to is not None and valid_to < valid_from:
        problems["valid_to"] = _("The end is before the beginning.")
    _refuse(problems)
    with transaction.atomic():
        label = CallLabel.objects.create(
            number=number.strip()[:20], name=name.strip(), category=category.strip()[:60],
            mobile_operator=mobile_operator.strip()[:100], valid_from=valid_from,
            valid_to=valid_to, created_at=clock.now(),
        )  # fmt: skip
        record(actor=actor, action="channel_law.label_added", target=label)
    return label


def end_call_label(*, pk: int, actor: Actor) -> None:
    """It is shown no longer. Raises: NotFound."""
    _end(CallLabel, pk, actor, "channel_law.label_ended")


def _end(model: type[SenderId | CallLabel], pk: int, actor: Actor, action: str) -> None:
    with transaction.atomic():
        found = model.objects.select_for_update().filter(pk=pk).first()
        if found is None:
            raise NotFound(_("There is none with this id."))
        record(actor=actor, action=action, target=found)
        found.delete()


def known_channel(channel: str) -> None:
    """Raises: NotFound."""
    if channel not in CHANNELS:
        raise NotFound(_("There is no such channel."))


def _filled(**texts: str) -> dict[str, str]:
    return {name: _("Fill this in.") for name, text in texts.items() if not text.strip()}


def _refuse(problems: dict[str, str]) -> None:
    if problems:
        raise InvalidInput(next(iter(problems.values())), fields=problems)
