from django.apps import AppConfig


class BroadcastsConfig(AppConfig):
    name = "campaigns.broadcasts"
    label = "broadcasts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from campaigns.broadcasts.services import follow_dispatch  # noqa: PLC0415 models are ready
        from campaigns.delivery.registry import listen  # noqa: PLC0415 as above

        listen(follow_dispatch)
