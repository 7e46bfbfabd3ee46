from typing import Any

from django.apps import AppConfig


class RegistersConfig(AppConfig):
    name = "tenants.registers"
    label = "registers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tenants.approvals.registry import add_approval_kind, add_task_kind  # noqa: PLC0415 models are loaded only now
        from tenants.registers import checks, seeds  # noqa: PLC0415 as above
        from tenants.registers.models import Operator, OutboundIntegration, Purpose  # noqa: PLC0415 as above
        from tenants.registers.services import (  # noqa: PLC0415 as above
            agreements,
            assignment,
            closing,
            incident_work,
            recipients,
            regulator,
        )
        from tenants.tenancy.registry import after_create  # noqa: PLC0415 as above

        for approval in (agreements.APPROVAL_KIND, *closing.APPROVAL_KINDS):
            add_approval_kind(approval)
        for work in (
            assignment.OFFBOARDING_KIND, regulator.KIND, recipients.KIND, *incident_work.KINDS
        ):  # fmt: skip
            add_task_kind(work)

        checks.register()

        def plant(tenant: Any) -> None:
            seeds.plant(Operator, Purpose, legal_name=tenant.legal_name, address=tenant.address)
            seeds.plant_recipients(OutboundIntegration)

        after_create(plant)
