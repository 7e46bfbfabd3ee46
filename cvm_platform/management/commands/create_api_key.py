"""Makes an API key: manage.py create_api_key coffee --name till --scope orders:write"""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cvm_platform.common.errors import DomainError
from tenants.accounts.contracts import Scope
from tenants.accounts.services import create_api_key
from tenants.tenancy.models import Tenant


class Command(BaseCommand):
    help = "Makes an API key of a tenant; `public` is the agency itself. The token is shown once."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("schema")
        parser.add_argument("--name", required=True, help="the integration that will use it")
        parser.add_argument("--scope", action="append", choices=Scope.values, required=True)
        parser.add_argument("--network", action="append", default=[], help="CIDR; may repeat")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = Tenant.objects.filter(schema_name=options["schema"]).first()
        if tenant is None or tenant.kind == Tenant.Kind.TEMPLATE:
            raise CommandError(f"There is no tenant {options['schema']}.")
        try:
            _key, token = create_api_key(
                tenant=tenant, name=options["name"], scopes=options["scope"],
                networks=options["network"],
            )  # fmt: skip
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(token)
