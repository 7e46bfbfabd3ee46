from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    name = "campaigns.channels"
    label = "channels"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from campaigns.channels.approving import KIND  # noqa: PLC0415 models are ready
        from tenants.approvals.registry import add_approval_kind  # noqa: PLC0415 as above

        add_approval_kind(KIND)
