"""Purposes: the officer's, because the operator decides why data is processed."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from tenants.audit.services import Actor, record
from tenants.registers.contracts import Category, LegalBasis, PdAction, SubjectCategory
from tenants.registers.models import Purpose
from tenants.registers.services.common import changed_fields, demand_officer, invalid, known
from tenants.registers.services.regulator import watch_notice

_EDITABLE = (
    "title", "description", "legal_basis", "is_promotion", "pd_categories", "subject_categories",
    "actions", "methods", "retention", "destruction_procedure", "compatible_with",
    "balancing_note", "status",
)  # fmt: skip
_LISTS = {
    "pd_categories": Category.values,
    "subject_categories": SubjectCategory.values,
    "actions": PdAction.values,
}


def save_purpose(*, actor: Actor, code: str, **values: Any) -> list[str]:
    """Makes or changes a purpose. Returns names of the fields that changed.

    Raises:
        Forbidden: only the operator's officer decides about purposes.
        InvalidInput: the basis does not bear the purpose; nothing was changed.
    """
    demand_officer(actor)
    given = {name: value for name, value in values.items() if name in _EDITABLE}
    for name, options in _LISTS.items():
        if name in given:
            given[name] = known(name, given[name], options)
    with transaction.atomic():
        row = Purpose.objects.select_for_update().filter(code=code).first()
        is_new = row is None
        row = row or Purpose(code=code[:30])
        changed = changed_fields(row, given)
        _check(row)
        if not changed and not is_new:
            return []
        row.save()
        record(actor=actor, action="purpose.changed", target=row,
               details={"code": code, "fields": changed})  # fmt: skip
        watch_notice()
    return changed


def _check(row: Purpose) -> None:
    if not row.title.strip():
        raise invalid("title", _("Write what the data is processed for."))
    if row.legal_basis not in LegalBasis.values:
        raise invalid("legal_basis", _("Choose the basis."))
    if row.is_promotion and row.legal_basis != LegalBasis.CONSENT:
        text = _("Promotion is possible only with consent (152-FZ, article 15).")
        raise invalid("legal_basis", text)
    if row.legal_basis == LegalBasis.LEGITIMATE and not row.balancing_note.strip():
        text = _("Write why the interest outweighs the rights of people.")
        raise invalid("balancing_note", text)
    if row.status == Purpose.Status.ACTIVE and not row.pd_categories:
        raise invalid("pd_categories", _("Choose which data the purpose needs."))
