from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "campaigns.delivery"
    label = "delivery"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from campaigns.delivery import erasing  # noqa: PLC0415 models are ready
        from campaigns.delivery.stops import in_flight  # noqa: PLC0415 as above
        from campaigns.delivery.trust import KINDS  # noqa: PLC0415 as above
        from tenants.approvals.registry import add_task_kind  # noqa: PLC0415 as above
        from tenants.privacy.registry import on_stop  # noqa: PLC0415 as above

        for kind in KINDS:
            add_task_kind(kind)
        on_stop(in_flight)
        erasing.register()
