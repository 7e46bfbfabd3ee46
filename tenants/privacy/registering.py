"""What this app tells the others at start: its chains and its decisions."""

from django.utils.translation import gettext_lazy as _

from tenants.accounts.contracts import Permission
from tenants.approvals.contracts import ApprovalKind
from tenants.approvals.registry import add_approval_kind
from tenants.audit.registry import Stream, add_stream
from tenants.privacy.services import declarations, texts

STREAMS = (
    Stream("consents", "privacy_consentevent",
           ("document", "record_id", "customer_id", "kind", "subject", "evidence_id", "stop_id",
            "source")),
    Stream("evidence", "privacy_evidence",
           ("kind", "customer_id", "ip", "user_agent", "form_url", "form_version", "snapshot",
            "controls", "text_id", "text_sha256", "declaration_id", "details")),
    Stream("stops", "privacy_stopevent",
           ("customer_id", "kind", "channel", "purposes", "source", "received_by", "in_flight",
            "destroy_by", "request_id", "details"), at="received_at"),
)  # fmt: skip


def register_all() -> None:
    for stream in STREAMS:
        add_stream(stream)
    for code, label, decided in (
        (declarations.APPROVAL, _("Declaration of consents"), declarations.decided),
        (texts.APPROVAL, _("Consent text"), texts.decided),
    ):
        add_approval_kind(
            ApprovalKind(code, label, Permission.PRIVACY_OVERSEE, decided, needs_second=False)
        )
