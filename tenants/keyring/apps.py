from django.apps import AppConfig


class KeyringConfig(AppConfig):
    name = "tenants.keyring"
    label = "keyring"
    default_auto_field = "django.db.models.BigAutoField"
