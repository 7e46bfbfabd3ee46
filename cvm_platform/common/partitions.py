"""Declarative partitioning by range in a Django migration, without hand-written columns."""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import CreateModel
from django.db.migrations.state import ProjectState


class CreatePartitionedModel(CreateModel):
    """CreateModel whose table is `PARTITION BY RANGE (partition_by)`."""

    def __init__(self, *args: Any, partition_by: str, **kwargs: Any) -> None:
        self.partition_by = partition_by
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        name, args, kwargs = super().deconstruct()
        kwargs["partition_by"] = self.partition_by
        return name, list(args), kwargs

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        editor: Any = schema_editor
        clause = f" PARTITION BY RANGE ({editor.quote_name(self.partition_by)})"
        # an attribute of this editor only: the class keeps its own statement
        editor.sql_create_table = editor.sql_create_table + clause
        try:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        finally:
            del editor.sql_create_table
