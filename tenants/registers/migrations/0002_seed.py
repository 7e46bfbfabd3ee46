"""Operator's row and the usual purposes for companies that exist already.

New ones get them when they are made: a clone copies the structure only.
"""

from typing import Any

from django.db import connection, migrations

from tenants.registers import seeds


def plant(apps: Any, _editor: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT legal_name, address FROM public.tenancy_tenant WHERE schema_name = %s",
            [connection.schema_name],
        )
        legal_name, address = cursor.fetchone() or ("", "")
    seeds.plant(
        apps.get_model("registers", "Operator"), apps.get_model("registers", "Purpose"),
        legal_name=legal_name, address=address,
    )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("registers", "0001_initial")]

    operations = [migrations.RunPython(plant, migrations.RunPython.noop)]
