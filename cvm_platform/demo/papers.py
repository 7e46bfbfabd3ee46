"""The papers of companies that are made by us: demo, simulations, benchmarks.

A real company goes through the screens of the registers; here the same doors are used in one go.
"""

from datetime import date, timedelta

from django_tenants.utils import tenant_context

from cvm_platform.common import clock
from tenants.audit.services import SYSTEM
from tenants.registers import selectors, services
from tenants.registers.contracts import CLAUSES, Category, PdAction, SubjectCategory
from tenants.registers.models import OutboundIntegration, Purpose
from tenants.registers.seeds import MAIL
from tenants.tenancy.models import Tenant
from tenants.tenancy.services import set_status

AGENCY = "ООО «Агентство Пример»"
AGENCY_ADDRESS = "101000, Москва, Примерный пер., 3"
_AGREED_BEFORE = timedelta(days=1200)  # the demo's histories are older than a year


def ensure_papers(tenant: Tenant, *, host: str = "shop.example.org") -> None:
    """Operator's data, an assignment in force and an open company; safe to call again."""
    with tenant_context(tenant):
        if selectors.active_agreement(clock.now()) is not None:
            return
        _introduce(tenant, host)
        row = services.save_agreement(
            actor=SYSTEM, number="ПД-1", signed_at=_day(), valid_from=_day(),
            processor_name=AGENCY, processor_address=AGENCY_ADDRESS, processor_inn="7700000000",
            pd_categories=Category.values, subject_categories=SubjectCategory.values,
            actions=PdAction.values, purposes=Purpose.objects.values_list("code", flat=True),
            **dict.fromkeys(CLAUSES, True),  # type: ignore[arg-type]  # all are clauses
        )  # fmt: skip
        services.activate_agreement(actor=SYSTEM, public_id=row.public_id)
        mail = OutboundIntegration.objects.get(code=MAIL)
        services.enable_recipient(actor=SYSTEM, public_id=mail.public_id)
        services.note_notification(actor=SYSTEM, number="77-26-000001", on=_day(), day=_day())
        set_status(tenant=tenant, status=Tenant.Status.ACTIVE)


def _day() -> date:
    return (clock.now() - _AGREED_BEFORE).date()


def _introduce(tenant: Tenant, host: str) -> None:
    address = tenant.address or "101000, Москва, Примерная ул., 1"
    services.save_operator(
        actor=SYSTEM, legal_name=tenant.legal_name or f"ООО «{tenant.name}»",
        brands=[tenant.name], inn="7700000001", ogrn="1027700000001",
        address=address,
        email_for_subjects=f"privacy@{host}", phone="+7 900 000-00-01",
        dpo_name="Ответственный за персональные данные", dpo_email=f"dpo@{host}",
        dpo_phone="+7 900 000-00-02", dpo_address=address,
        policy_url=f"https://{host}/privacy", protection_info_url=f"https://{host}/protection",
        rkn_number="77-26-000001", rkn_date=_day(),
        db_locations=[{"country": "RU", "place": "Москва"}],
    )  # fmt: skip
