"""A letter with a made-up reader: for its author, before any broadcast has one."""

from django.utils.translation import gettext as _

from campaigns.channels.fields import NAMES, context_of
from campaigns.channels.models import EmailTemplate, MessageClass, SenderIdentity
from campaigns.channels.rendering import RenderedContent, TemplateSource, compile_template
from campaigns.channels.selectors import senders, source_of
from campaigns.channels.tracking import MessageUrls
from cvm_platform.common.errors import DomainError
from tenants.tenancy.selectors import current_tenant

NO_URLS = MessageUrls("#", "", "#")


def render_sample(
    source: TemplateSource,
    message_class: str,
    *,
    sender: SenderIdentity | None = None,
    first_name: str | None = None,
    last_name: str = "",
    city: str | None = None,
) -> RenderedContent:
    """Rendered with real links, without counting and without a pixel.

    Raises:
        TemplateInvalid, RenderFailed
    """
    compiled = compile_template(
        source,
        fields=NAMES,
        requires_footer=message_class == MessageClass.ADVERTISING,
        tracks=False,
    )
    tenant = current_tenant()
    sender = sender or senders().first()
    context = context_of(
        first_name=_("Anna") if first_name is None else first_name, last_name=last_name,
        city=_("Moscow") if city is None else city,
        company=tenant.name,
        organisation=sender.organisation if sender else tenant.legal_name or tenant.name,
        address=sender.postal_address if sender else tenant.address,
    )  # fmt: skip
    return compiled.render(context, NO_URLS)


def subject_of(template: EmailTemplate) -> str:
    """The subject as a reader sees it; as it is written where it cannot be rendered."""
    try:
        return render_sample(source_of(template), template.message_class).subject
    except DomainError:
        return template.subject
