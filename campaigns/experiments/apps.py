from django.apps import AppConfig


class ExperimentsConfig(AppConfig):
    name = "campaigns.experiments"
    label = "experiments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from campaigns.experiments import erasing  # noqa: PLC0415 models are loaded only now

        erasing.register()
