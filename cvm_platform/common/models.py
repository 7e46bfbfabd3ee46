"""The base of every tenant model: an instance remembers the schema it came from."""

from collections.abc import Collection, Sequence
from typing import Any, Self

from django.db import connection, models


class TenantModel(models.Model):
    """Stamped when loaded, so that the router can refuse to save it into another tenant."""

    class Meta:
        abstract = True

    @classmethod
    def from_db(
        cls, db: str | None, field_names: Collection[str], values: Sequence[Any]
    ) -> Self:
        instance = super().from_db(db, field_names, values)
        instance._state.schema = connection.schema_name  # type: ignore[attr-defined]  # our stamp  # noqa: SLF001
        return instance
