"""After a restore: erases again whom the ledger names. manage.py apply_erasures [schema]"""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django_tenants.utils import tenant_context

from tenants.erasure.selectors import is_behind
from tenants.erasure.services import apply_ledger
from tenants.keyring.ledger_file import LedgerBroken
from tenants.tenancy.models import Tenant
from tenants.tenancy.selectors import client_tenants


class Command(BaseCommand):
    help = "Applies the ledger of erasures to companies restored from an older copy."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("schema", nargs="?", help="all companies when left out")

    def handle(self, *_args: Any, **options: Any) -> None:
        tenants = client_tenants()
        if options["schema"]:
            tenants = tenants.filter(schema_name=options["schema"])
            if not tenants:
                raise CommandError(f"There is no company {options['schema']}.")
        failed = [each.schema_name for each in tenants if not self._apply(each)]
        if failed:
            raise CommandError(f"Still closed: {', '.join(failed)}.")

    def _apply(self, tenant: Tenant) -> bool:
        try:
            with tenant_context(tenant):
                done = apply_ledger(tenant=tenant)
                is_open = not is_behind(tenant, fresh=True)
        except LedgerBroken as error:
            self.stderr.write(f"{tenant.schema_name}: {error}")
            return False
        self.stdout.write(
            f"{tenant.schema_name}: {done.people} erased again, {done.learned} learned from the "
            f"file{'; left: ' + ', '.join(done.left) if done.left else ''}"
        )
        return is_open
