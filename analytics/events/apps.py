from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "analytics.events"
    label = "events"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from analytics.events import erasing, registry  # noqa: PLC0415 models are loaded only now

        registry.register()
        erasing.register()
