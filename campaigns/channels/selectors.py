"""Reading templates and senders."""

from uuid import UUID

from django.db.models import QuerySet

from campaigns.channels.fields import NAMES
from campaigns.channels.linting import claim_hash, lint
from campaigns.channels.models import EmailTemplate, MessageClass, SeedAddress, SenderIdentity
from campaigns.channels.problems import TemplateProblem
from campaigns.channels.rendering import TemplateSource, check_template

ORDERS = {
    "": ("-updated_at", "-id"),
    "name": ("name", "id"),
    "-name": ("-name", "-id"),
    "updated": ("updated_at", "id"),
    "-updated": ("-updated_at", "-id"),
}


def templates(
    *, query: str = "", archived: bool = False, order: str = ""
) -> QuerySet[EmailTemplate]:
    found = EmailTemplate.objects.filter(is_archived=archived)
    for word in query.split()[:5]:
        found = found.filter(name__icontains=word) | found.filter(subject__icontains=word)
    return found.order_by(*ORDERS.get(order, ORDERS[""]))


def template_by(public_id: UUID) -> EmailTemplate | None:
    return EmailTemplate.objects.filter(public_id=public_id).first()


def source_of(template: EmailTemplate) -> TemplateSource:
    return TemplateSource(
        subject=template.subject,
        html=template.html,
        preheader=template.preheader,
        text=template.text,
    )


def problems_of(source: TemplateSource, message_class: str) -> list[TemplateProblem]:
    """Everything wrong with a letter of this class, by part and line."""
    is_advertising = message_class == MessageClass.ADVERTISING
    problems = check_template(source, fields=NAMES, requires_footer=is_advertising)
    return problems + lint(source, message_class)


def waits_for_approval(template: EmailTemplate) -> bool:
    """Whether it is said to be no advertising, and no second person has agreed yet."""
    if template.message_class == MessageClass.ADVERTISING:
        return False
    return template.class_hash != claim_hash(template.message_class, source_of(template))


def senders() -> QuerySet[SenderIdentity]:
    return SenderIdentity.objects.order_by("-is_default", "name", "id")


def seeds() -> QuerySet[SeedAddress]:
    return SeedAddress.objects.order_by("email")
