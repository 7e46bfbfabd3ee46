"""The one door to letters, senders and the addresses for tests."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.channels import approving, selectors
from campaigns.channels.headers import MessageRefused, check_mailbox
from campaigns.channels.models import EmailTemplate, SeedAddress, SenderIdentity
from campaigns.channels.problems import Severity, TemplateInvalid
from campaigns.channels.rendering import TemplateSource
from cvm_platform.common.errors import Conflict, InvalidInput, NotFound
from tenants.audit.services import SYSTEM, Actor, record

MOST_SEEDS = 50


def create_template(
    *, name: str, message_class: str, source: TemplateSource, actor: Actor = SYSTEM
) -> EmailTemplate:
    """A letter that can be sent.

    Raises:
        TemplateInvalid: with all problems; nothing is kept.
    """
    _check(source, message_class)
    with transaction.atomic():
        template = EmailTemplate.objects.create(
            name=_name(name), message_class=message_class, **_columns(source),
            created_by=actor.name,
        )  # fmt: skip
        record(actor=actor, action="template.created", target=template)
        approving.ask_about_class(template, actor)
    return template


def update_template(
    *, public_id: UUID, name: str, message_class: str, source: TemplateSource, actor: Actor = SYSTEM
) -> EmailTemplate:
    """A changed letter is a new version; what was sent keeps its own copy.

    Raises:
        NotFound, TemplateInvalid
    """
    _check(source, message_class)
    with transaction.atomic():
        template = _locked(public_id)
        before = (template.message_class, *_columns(selectors.source_of(template)).values())
        template.name, template.message_class = _name(name), message_class
        for column, value in _columns(source).items():
            setattr(template, column, value)
        if before != (message_class, *_columns(source).values()):
            template.version += 1
        template.save()
        record(actor=actor, action="template.updated", target=template,
               details={"version": template.version})  # fmt: skip
        approving.ask_about_class(template, actor)
    return template


def archive_template(
    *, public_id: UUID, archived: bool = True, actor: Actor = SYSTEM
) -> EmailTemplate:
    """Takes a letter off the lists of choice, or back. Raises: NotFound."""
    with transaction.atomic():
        template = _locked(public_id)
        template.is_archived = archived
        template.save(update_fields=["is_archived", "updated_at"])
        action = "template.archived" if archived else "template.restored"
        record(actor=actor, action=action, target=template)
    return template


def save_sender(*, pk: int | None = None, actor: Actor = SYSTEM, **values: Any) -> SenderIdentity:
    """A new sender, or a changed one; the first is the default.

    Raises:
        NotFound
        InvalidInput: an address that no mail server takes.
    """
    for field in ("email", "reply_to"):
        if values.get(field):
            values[field] = _mailbox(values[field], field)
    with transaction.atomic():
        sender = SenderIdentity()
        if pk is not None:
            found = SenderIdentity.objects.select_for_update().filter(pk=pk).first()
            if found is None:
                raise NotFound(_("There is no such sender."))
            sender = found
        for field, value in values.items():
            setattr(sender, field, value)
        known = SenderIdentity.objects.exclude(pk=pk or 0)
        sender.is_default = sender.is_default or not known.exists()
        sender.save()
        if sender.is_default:
            SenderIdentity.objects.exclude(pk=sender.pk).update(is_default=False)
        record(actor=actor, action="sender.saved", target=sender)
    return sender


def add_seed(*, email: str, note: str = "", actor: Actor = SYSTEM) -> SeedAddress:
    """An address of the staff for test letters.

    Raises:
        InvalidInput, Conflict
    """
    address = _mailbox(email.strip().lower(), "email")
    with transaction.atomic():
        if SeedAddress.objects.count() >= MOST_SEEDS:
            text = _("No more than 50 addresses for tests.")
            raise Conflict(text, code="too_many", fields={"email": text})
        seed, _created = SeedAddress.objects.get_or_create(
            email=address, defaults={"note": note.strip()[:100]}
        )
        record(actor=actor, action="seed.added", target=seed)
    return seed


def remove_seed(*, pk: int, actor: Actor = SYSTEM) -> None:
    """Twice is once."""
    seed = SeedAddress.objects.filter(pk=pk).first()
    if seed is None:
        return
    with transaction.atomic():
        record(actor=actor, action="seed.removed", target=seed)
        seed.delete()


def _check(source: TemplateSource, message_class: str) -> None:
    problems = selectors.problems_of(source, message_class)
    if any(problem.severity is Severity.ERROR for problem in problems):
        raise TemplateInvalid(problems)


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= 200:
        text = _("Enter a name of up to 200 characters.")
        raise InvalidInput(text, fields={"name": text})
    return name


def _columns(source: TemplateSource) -> dict[str, str]:
    return {
        "subject": source.subject,
        "preheader": source.preheader,
        "html": source.html,
        "text": source.text,
    }


def _mailbox(address: str, field: str) -> str:
    try:
        return check_mailbox(address)
    except MessageRefused as error:
        text = _("This is not an e-mail address that letters can use.")
        raise InvalidInput(text, fields={field: text}) from error


def _locked(public_id: UUID) -> EmailTemplate:
    template = EmailTemplate.objects.select_for_update().filter(public_id=public_id).first()
    if template is None:
        raise NotFound(_("There is no such letter."))
    return template
