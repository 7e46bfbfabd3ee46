"""Checks the hash chains of one company or of all: manage.py verify_log [schema]"""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django_tenants.utils import tenant_context

from tenants.audit.verifying import newest_roots, verify_chains
from tenants.tenancy.models import Tenant
from tenants.tenancy.selectors import client_tenants


class Command(BaseCommand):
    help = "Finds every row of the logs that was changed, taken out or put in after sealing."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("schema", nargs="?", help="all companies when left out")
        parser.add_argument(
            "--expect", action="append", default=[], metavar="STREAM=ROOT",
            help="a root noted at an earlier check (hex); needs a schema",
        )  # fmt: skip

    def handle(self, *_args: Any, **options: Any) -> None:
        tenants = client_tenants()
        if options["schema"]:
            tenants = tenants.filter(schema_name=options["schema"])
            if not tenants:
                raise CommandError(f"There is no company {options['schema']}.")
        expected = _expected(options["expect"])
        if expected and not options["schema"]:
            raise CommandError("--expect needs a schema: each company has chains of its own.")
        wrong = sum(self._check(tenant, expected) for tenant in tenants)
        if wrong:
            raise CommandError(f"{wrong} findings.")

    def _check(self, tenant: Tenant, expected: dict[str, bytes]) -> int:
        with tenant_context(tenant):
            findings = verify_chains(expected=expected)
            roots = newest_roots()
        for finding in findings:
            self.stderr.write(f"{tenant.schema_name}: {finding}")
        if not findings:
            self.stdout.write(f"{tenant.schema_name}: whole")
        for stream, (number, root) in roots.items():
            self.stdout.write(f"  {stream}={root.hex()} (slice {number})")
        return len(findings)


def _expected(texts: list[str]) -> dict[str, bytes]:
    expected = {}
    for text in texts:
        stream, _equals, root = text.partition("=")
        try:
            expected[stream] = bytes.fromhex(root)
        except ValueError as error:
            raise CommandError(f"“{text}” is not STREAM=ROOT.") from error
    return expected
