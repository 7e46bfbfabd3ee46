from importlib import import_module

from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    name = "campaigns.segments"
    label = "segments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("campaigns.segments.leaves")
        import_module("campaigns.segments.erasing").register()
