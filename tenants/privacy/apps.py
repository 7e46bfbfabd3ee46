from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    name = "tenants.privacy"
    label = "privacy"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tenants.privacy import registering  # noqa: PLC0415 models are loaded only now

        registering.register_all()
