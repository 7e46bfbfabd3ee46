from django.apps import AppConfig


class FeaturesConfig(AppConfig):
    name = "analytics.features"
    label = "features"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from analytics.features import erasing  # noqa: PLC0415 models are loaded only now

        erasing.register()
