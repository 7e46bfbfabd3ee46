from typing import Any

from django.db import models

class TenantMixin(models.Model):
    auto_create_schema: bool
    auto_drop_schema: bool
    schema_name: models.CharField[str, str]
    domains: models.Manager[Any]
    def save(self, *args: Any, verbosity: int = ..., **kwargs: Any) -> None: ...
    class Meta:
        abstract = True

class DomainMixin(models.Model):
    domain: models.CharField[str, str]
    tenant: models.ForeignKey[Any, Any]
    is_primary: models.BooleanField[bool, bool]
    class Meta:
        abstract = True
