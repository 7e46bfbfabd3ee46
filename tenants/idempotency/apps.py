from django.apps import AppConfig


class IdempotencyConfig(AppConfig):
    name = "tenants.idempotency"
    label = "idempotency"
    default_auto_field = "django.db.models.BigAutoField"
