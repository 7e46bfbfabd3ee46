from django.apps import AppConfig


class ChannelLawConfig(AppConfig):
    name = "tenants.channel_law"
    label = "channel_law"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tenants.approvals.registry import add_approval_kind  # noqa: PLC0415 models are ready
        from tenants.channel_law.services import KIND, load_known_rules  # noqa: PLC0415 as above
        from tenants.tenancy.registry import after_create  # noqa: PLC0415 as above

        add_approval_kind(KIND)
        after_create(lambda _tenant: _only_result(load_known_rules()))


def _only_result(_book: object) -> None:
    """A hook gives nothing back."""
