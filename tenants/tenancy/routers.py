"""No query on tenant data outside a tenant, and none in another tenant's schema."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models

from cvm_platform.common.errors import NoTenant
from cvm_platform.common.schema import connection


class TenantGuardRouter:
    """Runs after TenantSyncRouter and refuses before any SQL is sent."""

    def __init__(self) -> None:
        self._labels: frozenset[str] | None = None

    @property
    def labels(self) -> frozenset[str]:
        if self._labels is None:
            names = set(settings.TENANT_APPS)
            self._labels = frozenset(
                config.label for config in apps.get_app_configs() if config.name in names
            )
        return self._labels

    def _check(self, model: type[models.Model], **hints: Any) -> None:
        if model._meta.app_label not in self.labels:
            return
        schema = getattr(connection, "schema_name", None)
        if schema in (None, "", "public"):
            raise NoTenant(f"{model._meta.label} was asked for outside a tenant.")
        instance = hints.get("instance")
        stamped = getattr(getattr(instance, "_state", None), "schema", schema)
        if stamped != schema:
            raise NoTenant(f"{model._meta.label} of {stamped} was used in {schema}.")

    def db_for_read(self, model: type[models.Model], **hints: Any) -> None:
        self._check(model, **hints)

    def db_for_write(self, model: type[models.Model], **hints: Any) -> None:
        self._check(model, **hints)
