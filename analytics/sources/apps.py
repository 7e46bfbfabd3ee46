from django.apps import AppConfig


class SourcesConfig(AppConfig):
    name = "analytics.sources"
    label = "sources"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from analytics.sources import erasing  # noqa: PLC0415 models are loaded only now

        erasing.register()
