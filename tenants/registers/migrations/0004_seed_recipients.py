"""The platform's mail server as a recipient, for companies that exist already."""

from typing import Any

from django.db import migrations

from tenants.registers import seeds


def plant(apps: Any, _editor: Any) -> None:
    seeds.plant_recipients(apps.get_model("registers", "OutboundIntegration"))


class Migration(migrations.Migration):
    dependencies = [("registers", "0003_recipients_incidents")]

    operations = [migrations.RunPython(plant, migrations.RunPython.noop)]
