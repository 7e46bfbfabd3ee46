from typing import Any

from django.apps import AppConfig


class RegistersConfig(AppConfig):
    name = "tenants.registers"
    label = "registers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tenants.approvals.registry import add_approval_kind, add_task_kind  # noqa: PLC0415 models are loaded only now
        from tenants.registers import seeds  # noqa: PLC0415 as above
        from tenants.registers.models import Operator, Purpose  # noqa: PLC0415 as above
        from tenants.registers.services import agreements, assignment, regulator  # noqa: PLC0415 as above
        from tenants.tenancy.registry import after_create  # noqa: PLC0415 as above

        add_approval_kind(agreements.APPROVAL_KIND)
        add_task_kind(assignment.OFFBOARDING_KIND)
        add_task_kind(regulator.KIND)

        def plant(tenant: Any) -> None:
            seeds.plant(Operator, Purpose, legal_name=tenant.legal_name, address=tenant.address)

        after_create(plant)
