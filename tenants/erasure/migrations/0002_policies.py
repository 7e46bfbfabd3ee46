from typing import Any

from django.db import migrations

from tenants.erasure import defaults


def plant(apps: Any, _editor: Any) -> None:
    """Companies that exist already; new ones get theirs when they are made."""
    defaults.plant(apps.get_model("erasure", "RetentionPolicy"))


class Migration(migrations.Migration):
    dependencies = [("erasure", "0001_initial")]

    operations = [migrations.RunPython(plant, migrations.RunPython.noop)]
