from django.apps import AppConfig


class LanesConfig(AppConfig):
    name = "campaigns.lanes"
    label = "lanes"
    default_auto_field = "django.db.models.BigAutoField"
