from django.apps import AppConfig


class CvmPlatformConfig(AppConfig):
    """The composition root: commands that start and join the parts; it holds no models."""

    name = "cvm_platform"
