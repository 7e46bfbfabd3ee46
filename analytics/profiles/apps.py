from django.apps import AppConfig


class ProfilesConfig(AppConfig):
    """One customer on one page, joined from what the apps below know; no models of its own."""

    name = "analytics.profiles"
    label = "profiles"

    def ready(self) -> None:
        from analytics.profiles import exporting  # noqa: PLC0415 models are loaded only now

        exporting.register()
