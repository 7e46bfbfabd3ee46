from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    name = "tenants.approvals"
    label = "approvals"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tenants.approvals.registry import add_task_kind  # noqa: PLC0415 models are loaded only now
        from tenants.approvals.services import calendar, digest  # noqa: PLC0415 as above

        add_task_kind(calendar.KIND)
        add_task_kind(digest.KIND)
