from django.apps import AppConfig


class ErasureConfig(AppConfig):
    name = "tenants.erasure"
    label = "erasure"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tenants.erasure import setup  # noqa: PLC0415 models are loaded only now

        setup.register()
