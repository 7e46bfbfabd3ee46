"""The one door for consents, what proves them, and stops."""

from tenants.privacy.services.declarations import (
    DeclarationDraft,
    declare,
    revoke_declaration,
    sign_declaration,
)
from tenants.privacy.services.evidence import keep_evidence
from tenants.privacy.services.proving import Prover
from tenants.privacy.services.recording import record_consents
from tenants.privacy.services.stopping import lift_suppression, stop, stop_channel
from tenants.privacy.services.texts import (
    ask_publication,
    draft_usual_texts,
    new_version,
    problems_of,
    publish_text,
    save_text,
)

__all__ = [
    "DeclarationDraft",
    "Prover",
    "ask_publication",
    "declare",
    "draft_usual_texts",
    "keep_evidence",
    "lift_suppression",
    "new_version",
    "problems_of",
    "publish_text",
    "record_consents",
    "revoke_declaration",
    "save_text",
    "sign_declaration",
    "stop",
    "stop_channel",
]
