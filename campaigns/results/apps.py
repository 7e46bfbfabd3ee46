from django.apps import AppConfig


class ResultsConfig(AppConfig):
    name = "campaigns.results"
    label = "results"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from campaigns.results import erasing, exporting  # noqa: PLC0415 models are loaded only now

        erasing.register()
        exporting.register()
