"""Replaces keys without a stop: manage.py rotate_keys [--check | --customers | --addresses | …]

Docs/how-to/rotate-keys.md says in which order, and what to restart in between.
"""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet
from django_tenants.utils import tenant_context

from cvm_platform.common.errors import Conflict
from tenants.customers.services.rewrapping import numbers_in_use, rewrap_customer_keys
from tenants.tenancy import keys, rotating
from tenants.tenancy.models import Tenant
from tenants.tenancy.selectors import client_tenants


class Command(BaseCommand):
    help = "Wraps every key anew under CVM_MASTER_KEY; run it again after an interruption."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument(
            "--check",
            action="store_true",
            help="says what is wrapped by what",
        )
        what.add_argument(
            "--customers", action="store_true",
            help="a new key that wraps customers' keys; goes on where it was interrupted",
        )  # fmt: skip
        what.add_argument(
            "--drop", action="store_true", help="forgets former wrap keys that wrap nothing"
        )
        what.add_argument(
            "--addresses", action="store_true", help="a new key that signs addresses in letters"
        )
        parser.add_argument("--schema", action="append", default=[], help="only these companies")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            if options["check"]:
                self._check(options["schema"])
            elif options["customers"]:
                self._customers(options["schema"])
            elif options["drop"]:
                self._drop(options["schema"])
            elif options["addresses"]:
                self._addresses()
            else:
                self._master()
        except Conflict as error:
            raise CommandError(error.message) from error

    def _master(self) -> None:
        changed = rotating.rewrap_by_master()
        left = rotating.behind()
        self.stdout.write(f"rewrapped {changed}; under a former master key: {left}")
        if left:
            raise CommandError("Something was wrapped by a former key meanwhile. Run it again.")

    def _check(self, schemas: list[str]) -> None:
        lost = rotating.unreadable()
        for context in lost:
            self.stderr.write(f"{context}: no master key given opens it")
        self.stdout.write(f"under a former master key: {rotating.behind()}")
        for tenant in _chosen(schemas):
            with tenant_context(tenant):
                used = numbers_in_use()
            active = keys.wrap_ring(tenant).active
            told = ", ".join(f"key {number}: {count}" for number, count in sorted(used.items()))
            self.stdout.write(f"{tenant.schema_name}: wraps with {active}; {told or 'nobody yet'}")
        if lost:
            raise CommandError(f"{len(lost)} keys cannot be opened.")

    def _customers(self, schemas: list[str]) -> None:
        for tenant in _chosen(schemas):
            with tenant_context(tenant):
                used = set(numbers_in_use())
            is_unfinished = bool(used - {keys.wrap_ring(tenant).active})
            # an interrupted run is finished first: a second new key would only repeat its work
            if not is_unfinished or not tenant.wrap_keys:
                rotating.begin_wrap_key(tenant=tenant)
            fresh = Tenant.objects.get(pk=tenant.pk)
            with tenant_context(fresh):
                changed = rewrap_customer_keys(tenant=fresh)
            active = keys.wrap_ring(fresh).active
            self.stdout.write(f"{fresh.schema_name}: {changed} keys under wrap key {active}")

    def _drop(self, schemas: list[str]) -> None:
        for tenant in _chosen(schemas):
            with tenant_context(tenant):
                used = set(numbers_in_use())
            unused = set(keys.wrap_ring(tenant).keys) - used
            dropped = rotating.drop_wrap_keys(tenant=tenant, unused=unused)
            self.stdout.write(f"{tenant.schema_name}: dropped {dropped or 'none'}")

    def _addresses(self) -> None:
        keys.ensure_platform_keys()
        number = keys.add_platform_key(keys.ADDRESSES)
        self.stdout.write(f"addresses are signed with key {number} by processes started from now")


def _chosen(schemas: list[str]) -> "QuerySet[Tenant]":
    tenants = client_tenants().order_by("pk")
    if not schemas:
        return tenants
    found = tenants.filter(schema_name__in=schemas)
    missing = set(schemas) - set(found.values_list("schema_name", flat=True))
    if missing:
        raise CommandError(f"There is no company {', '.join(sorted(missing))}.")
    return found
