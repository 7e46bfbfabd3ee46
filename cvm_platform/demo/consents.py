"""Consent texts and the declaration behind the consents of companies that are made by us."""

from dataclasses import dataclass
from datetime import date

from django_tenants.utils import tenant_context

from cvm_platform.common import clock
from tenants.audit.services import SYSTEM
from tenants.privacy.models import ConsentText, OperatorDeclaration
from tenants.privacy.services import (
    DeclarationDraft,
    draft_usual_texts,
    publish_text,
    sign_declaration,
)
from tenants.privacy.services.proving import evidence_for
from tenants.tenancy.models import Tenant

_LONG_AGO = date(2020, 1, 1)
_RISK = "Согласия собраны отдельными документами и до 1 сентября 2025 года; формы сохранены."


@dataclass(frozen=True, slots=True)
class Backing:
    """What stands behind consents that are written past the door, in bulk."""

    evidence_id: int
    pd_text_id: int
    ad_text_id: int
    brands: tuple[str, ...]


def ensure_backing(tenant: Tenant, source: str) -> Backing:
    made, texts = ensure_declaration(tenant, source), ensure_texts(tenant)
    with tenant_context(tenant):
        kept = evidence_for(made, {"source": source})
        pd_text, ad_text = texts["PROMO_DIRECT"], texts["EMAIL"]
        return Backing(kept.pk, pd_text.pk, ad_text.pk, tuple(ad_text.brands))


def ensure_texts(tenant: Tenant) -> dict[str, ConsentText]:
    """The usual texts, published: {document and channel or purpose: text}; safe to call again."""
    with tenant_context(tenant):
        for text in draft_usual_texts(actor=SYSTEM):
            publish_text(text=text, actor=SYSTEM)
        found = ConsentText.objects.filter(status=ConsentText.Status.PUBLISHED)
        return {(text.channels or text.purposes)[0]: text for text in found}


def ensure_declaration(tenant: Tenant, source: str, *, method: str = "NONE") -> OperatorDeclaration:
    """The operator's word for every consent of a source up to now; safe to call again."""
    texts = ensure_texts(tenant)
    with tenant_context(tenant):
        known = OperatorDeclaration.objects.filter(
            source=source, batch__isnull=True, status=OperatorDeclaration.Status.ACTIVE
        ).first()
        return known or sign_declaration(
            actor=SYSTEM,
            draft=DeclarationDraft(
                source=source, pd_text=texts["PROMO_DIRECT"], ad_text=texts["EMAIL"],
                method=method, given_from=_LONG_AGO, given_to=clock.now().date(),
                kept_where="Архив оператора", signed_by="Примерова Анна Ивановна",
                signed_position="Ответственная за персональные данные", accepts_legacy=True,
                risk_note=_RISK,
            ),
        )  # fmt: skip
