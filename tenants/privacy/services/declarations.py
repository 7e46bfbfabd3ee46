"""The operator's word for consents that were given elsewhere, and what it makes of loaded rows."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cvm_platform.common import bulk, clock
from cvm_platform.common.errors import Conflict, InvalidInput
from tenants.approvals.services import ask_approval
from tenants.audit.services import Actor, record
from tenants.privacy import statements
from tenants.privacy.contracts import (
    PROOFS_FOR,
    SEPARATE_SINCE,
)
from tenants.privacy.models import ConsentText, Evidence, OperatorDeclaration
from tenants.privacy.services.proving import evidence_for
from tenants.privacy.services.recording import LOCK
from tenants.tenancy.selectors import current_tenant

APPROVAL = "privacy.declaration"
_SHORTEST_NOTE = 20
Status = OperatorDeclaration.Status


@dataclass(frozen=True, slots=True)
class DeclarationDraft:
    """What the operator states; see `OperatorDeclaration` for the fields."""

    given_from: date
    given_to: date
    kept_where: str
    signed_by: str
    signed_position: str
    pd_text: ConsentText | None = None
    ad_text: ConsentText | None = None
    method: str = "NONE"
    batch: UUID | None = None
    source: str = ""
    accepts_legacy: bool = False
    risk_note: str = ""
    file_sha256: str = ""


def _check(draft: DeclarationDraft) -> None:
    wrong = {
        "pd_text": (draft.pd_text is None and draft.ad_text is None,
                    _("Choose the text that people agreed to.")),
        "given_to": (draft.given_from > draft.given_to, _("The last day is before the first.")),
        "given_from": (draft.given_to > clock.now().date(),
                       _("Nobody has agreed in the future yet.")),
        "source": (not draft.batch and not draft.source,
                   _("Name the load or the source it is about.")),
        "risk_note": (draft.accepts_legacy and len(draft.risk_note.strip()) < _SHORTEST_NOTE,
                      _("Write why you take this risk: the decision is kept.")),
    }  # fmt: skip
    problems = {name: message for name, (is_wrong, message) in wrong.items() if is_wrong}
    for name, text in (("pd_text", draft.pd_text), ("ad_text", draft.ad_text)):
        if text is not None and text.status == ConsentText.Status.DRAFT:
            problems[name] = _("The text is a draft: publish it as it was shown to people.")
    for name in ("kept_where", "signed_by", "signed_position"):
        if not getattr(draft, name).strip():
            problems[name] = _("Fill this in.")
    if problems:
        raise InvalidInput(_("The declaration is not complete."), fields=problems)


def declare(*, draft: DeclarationDraft, actor: Actor) -> OperatorDeclaration:
    """Writes a declaration down and asks the operator's officer to sign it.

    Raises:
        InvalidInput: with every field that is wrong.
    """
    with transaction.atomic():
        made = _write(draft, actor)
        ask_approval(
            kind=APPROVAL, target=made, actor=actor,
            title=_("Declaration of consents: %(what)s") % {"what": draft.source or draft.batch},
            summary=draft.risk_note,
            after={
                _("Consent to processing"): str(draft.pd_text or "-"),
                _("Permission to advertise"): str(draft.ad_text or "-"),
                _("Given"): f"{draft.given_from:%d.%m.%Y} - {draft.given_to:%d.%m.%Y}",
                _("How the will was checked"): draft.method,
                _("Where the originals are"): draft.kept_where,
                _("Signed by"): f"{draft.signed_by}, {draft.signed_position}",
                _("Consents inside other documents before 1 September 2025"):
                    _("accepted at the operator's risk") if draft.accepts_legacy else _("no"),
            },
        )  # fmt: skip
    return made


def sign_declaration(*, draft: DeclarationDraft, actor: Actor) -> OperatorDeclaration:
    """By the operator's officer himself: in force at once. Raises: InvalidInput."""
    with transaction.atomic():
        made = _write(draft, actor)
        decided(str(made.pk), approved=True)
    made.refresh_from_db()
    return made


def _write(draft: DeclarationDraft, actor: Actor) -> OperatorDeclaration:
    _check(draft)
    made = OperatorDeclaration.objects.create(
        **{name: getattr(draft, name) for name in draft.__slots__}
    )
    record(actor=actor, action="declaration.made", target=made,
           details={"legacy": draft.accepts_legacy})  # fmt: skip
    return made


def decided(target_id: str, approved: bool) -> None:
    """The officer has signed, or has not."""
    made = OperatorDeclaration.objects.select_for_update().get(pk=target_id)
    made.status = Status.ACTIVE if approved else Status.REFUSED
    made.decided_at = clock.now()
    made.save(update_fields=["status", "decided_at"])
    if approved:
        prove_loaded(declaration=made)


def revoke_declaration(*, declaration: OperatorDeclaration, actor: Actor) -> int:
    """Everything that rested on it permits nothing from this moment. Returns how many records.

    Raises:
        Conflict: it is not in force.
    """
    with transaction.atomic():
        bulk.lock_tenant(LOCK)
        made = OperatorDeclaration.objects.select_for_update().get(pk=declaration.pk)
        if made.status != Status.ACTIVE:
            raise Conflict(_("This declaration is not in force."), code="not_active")
        made.status, made.decided_at = Status.REVOKED, clock.now()
        made.save(update_fields=["status", "decided_at"])
        record(actor=actor, action="declaration.revoked", target=made)
        ids = list(Evidence.objects.filter(declaration_id=made.pk).values_list("pk", flat=True))
        params = {"evidence": ids, "now": clock.now()}
        return sum(bulk.run(statement, params) for statement in statements.REVOKE)


def prove_loaded(*, declaration: OperatorDeclaration) -> int:
    """What was loaded before its declaration was signed begins to count. Returns how many rows."""
    if declaration.batch is None:
        return 0
    evidence = evidence_for(declaration, {"batch": str(declaration.batch),
                                          "file_sha256": declaration.file_sha256})  # fmt: skip
    shared = {
        "batch": declaration.batch, "zone": current_tenant().timezone,
        "first": declaration.given_from, "last": declaration.given_to,
        "legacy": declaration.accepts_legacy, "separate": SEPARATE_SINCE,
        "evidence": evidence.pk, "now": clock.now(),
    }  # fmt: skip
    proved = 0
    with transaction.atomic(), bulk.one_pass():
        bulk.lock_tenant(LOCK)
        if declaration.pd_text is not None:
            proved += bulk.run(statements.PROVE_CONSENTS, shared | _of(declaration.pd_text))
        if declaration.ad_text is not None:
            proofs = json.dumps({name: sorted(known) for name, known in PROOFS_FOR.items()})
            proved += bulk.run(
                statements.PROVE_PERMISSIONS,
                shared | _of(declaration.ad_text)
                | {"method": declaration.method, "proofs": proofs},
            )  # fmt: skip
    return proved


def _of(text: ConsentText) -> dict[str, Any]:
    return {"text": text.pk, "months": text.term_months or 0, "brands": list(text.brands),
            "topics": list(text.topics)}  # fmt: skip
