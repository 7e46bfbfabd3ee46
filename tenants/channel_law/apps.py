from django.apps import AppConfig


class ChannelLawConfig(AppConfig):
    name = "tenants.channel_law"
    label = "channel_law"
    default_auto_field = "django.db.models.BigAutoField"
