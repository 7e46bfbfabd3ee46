from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "campaigns.delivery"
    label = "delivery"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from campaigns.delivery import erasing  # noqa: PLC0415 models are ready

        erasing.register()
