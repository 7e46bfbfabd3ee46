"""The one door for consents, what proves them, and stops."""

from tenants.privacy.services.collecting import (
    Filled,
    form_problems,
    publish_form,
    save_form,
    submit_form,
    texts_of,
)
from tenants.privacy.services.confirming import (
    ask_confirmation,
    confirm_by_code,
    confirm_by_link,
    expire_confirmations,
    token_of,
    waiting,
)
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
    "Filled",
    "Prover",
    "ask_confirmation",
    "ask_publication",
    "confirm_by_code",
    "confirm_by_link",
    "declare",
    "draft_usual_texts",
    "expire_confirmations",
    "form_problems",
    "keep_evidence",
    "lift_suppression",
    "new_version",
    "problems_of",
    "publish_form",
    "publish_text",
    "record_consents",
    "revoke_declaration",
    "save_form",
    "save_text",
    "sign_declaration",
    "stop",
    "stop_channel",
    "submit_form",
    "texts_of",
    "token_of",
    "waiting",
]
