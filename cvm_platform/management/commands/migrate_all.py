"""Brings the public schema, the template and every tenant to the newest migration."""

from typing import Any

from django.core.management import BaseCommand, CommandError, call_command
from django_tenants.utils import schema_context, tenant_context

from tenants.channel_law.services import load_known_rules
from tenants.tenancy.migrating import migrate_tenants
from tenants.tenancy.models import Tenant
from tenants.tenancy.registry import run_after_create
from tenants.tenancy.services import TEMPLATE_SCHEMA, ensure_platform
from tenants.workdays.services import load_known_years


class Command(BaseCommand):
    help = "Migrate the public schema, the template and all tenants."

    def handle(self, *_args: Any, **options: Any) -> None:
        verbosity = options["verbosity"]
        call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)
        ensure_platform()
        load_known_years()
        template = Tenant.objects.get(schema_name=TEMPLATE_SCHEMA)
        schemas = [TEMPLATE_SCHEMA]
        schemas += Tenant.objects.filter(kind=Tenant.Kind.CLIENT).values_list(
            "schema_name", flat=True
        )
        report = migrate_tenants(schemas)
        for schema in set(schemas) - set(report.failed):
            with schema_context(schema):
                load_known_rules()
        for schema, error in report.failed.items():
            self.stderr.write(f"{schema}: {error}")
        if TEMPLATE_SCHEMA not in report.failed:
            with tenant_context(template):
                run_after_create(template)  # a clone takes over what the template has
        if verbosity:
            self.stdout.write(
                f"migrated {len(report.migrated)}, current {len(report.current)}, "
                f"failed {len(report.failed)}"
            )
        if report.failed:
            raise CommandError(f"{len(report.failed)} tenants were not migrated; run it again.")
