"""A second person agrees that a letter is no advertising (152-FZ specification, 6.1)."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.channels.linting import claim_hash, lint
from campaigns.channels.markup import read_source
from campaigns.channels.models import EmailTemplate, MessageClass
from campaigns.channels.plaintext import text_from_html
from campaigns.channels.selectors import source_of, waits_for_approval
from tenants.accounts.contracts import Permission
from tenants.approvals.contracts import ApprovalKind
from tenants.approvals.models import Approval
from tenants.approvals.services import ask_approval
from tenants.audit.services import Actor

CLASS = "template.class"


def ask_about_class(template: EmailTemplate, actor: Actor) -> Approval | None:
    """Asks when a letter is said to be no advertising and nobody has agreed to this text yet."""
    if not waits_for_approval(template):
        return None
    source = source_of(template)
    hints = [each.message for each in lint(source, template.message_class)]
    return ask_approval(
        kind=CLASS, target=template, actor=actor,
        title=_("Not advertising: %(name)s") % {"name": template.name},
        summary=_("It will go to people who have not allowed advertising. Read it as they will."),
        url=f"/templates/{template.public_id}/",
        after={
            _("Kind"): str(MessageClass(template.message_class).label),
            _("Subject"): template.subject,
            _("Preheader"): template.preheader,
            _("Text"): template.text or text_from_html(read_source(template.html, is_html=True)),
            _("To look at"): "\n".join(hints) or "—",
            _("Check sum"): claim_hash(template.message_class, source),
        },
    )  # fmt: skip


def _decided(target_id: str, is_approved: bool) -> None:
    """Holds for the text that was shown: a letter that changed meanwhile is asked about anew."""
    template = EmailTemplate.objects.select_for_update().get(pk=int(target_id))
    shown = Approval.objects.filter(
        kind=CLASS, target_type=template._meta.label_lower, target_id=target_id
    ).latest("decided_at")
    wanted = claim_hash(template.message_class, source_of(template))
    template.class_hash = wanted if is_approved and wanted in shown.after.values() else ""
    template.save(update_fields=["class_hash"])


KIND = ApprovalKind(
    CLASS, gettext_lazy("Kind of a letter"), Permission.BROADCASTS_SEND, _decided,
)  # fmt: skip
