from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "tenants.audit"
    label = "audit"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tenants.accounts import registry  # noqa: PLC0415 models are loaded only now
        from tenants.audit.registry import Stream, add_stream  # noqa: PLC0415 as above
        from tenants.audit.services import record_account_change  # noqa: PLC0415 as above

        registry.on_change(record_account_change)
        who = ("actor", "actor_role", "ip", "action", "object_type", "object_id")
        add_stream(Stream("trail", "audit_auditentry", (*who, "details")))
        add_stream(
            Stream(
                "processing", "audit_processingentry",
                (*who, "subject_id", "categories", "purpose", "basis", "count", "reason", "result"),
            )
        )  # fmt: skip
