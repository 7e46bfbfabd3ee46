"""The base of every tenant model: an instance remembers the schema it came from."""

from typing import Any, Self

from django.db import models

from cvm_platform.common.schema import connection


class TenantModel(models.Model):
    """Stamped when loaded, so that the router can refuse to save it into another tenant."""

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Self:
        instance = super().from_db(*args, **kwargs)
        state: Any = instance._state
        state.schema = connection.schema_name
        return instance
