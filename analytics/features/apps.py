from django.apps import AppConfig


class FeaturesConfig(AppConfig):
    name = "analytics.features"
    label = "features"
    default_auto_field = "django.db.models.BigAutoField"
