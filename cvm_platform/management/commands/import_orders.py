"""Loads a file into a company from the command line, as the import screen would."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError
from django_tenants.utils import tenant_context

from analytics.sources.services import import_file
from cvm_platform.common.errors import DomainError
from tenants.tenancy.models import Tenant


class Command(BaseCommand):
    help = "Import orders (or customers) from a CSV, gzipped CSV or XLSX file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("schema", help="the company's schema, e.g. coffee")
        parser.add_argument("file", type=Path)
        parser.add_argument("--kind", choices=["orders", "customers"], default="orders")
        parser.add_argument("--source", help="the system whose ids the file holds")
        parser.add_argument("--zone", help="time zone of the dates, e.g. Europe/Moscow")
        parser.add_argument("--date-order", choices=["dmy", "mdy"])
        parser.add_argument("--encoding")
        parser.add_argument("--delimiter")
        parser.add_argument(
            "--map", action="append", default=[], metavar="FIELD=COLUMN",
            help="our field and the header of its column; may be repeated",
        )  # fmt: skip
        parser.add_argument("--check", action="store_true", help="count only, load nothing")

    def handle(self, *_args: Any, **options: Any) -> None:
        keys = ("source", "zone", "date_order", "encoding", "delimiter")
        chosen = {key: options[key] for key in keys if options[key]}
        if options["map"]:
            chosen["mapping"] = dict(pair.split("=", 1) for pair in options["map"] if "=" in pair)
        tenant = Tenant.objects.filter(schema_name=options["schema"]).first()
        if tenant is None:
            raise CommandError(f"There is no company with the schema {options['schema']!r}.")
        if not options["file"].is_file():
            raise CommandError(f"There is no file {options['file']}.")
        try:
            with tenant_context(tenant):
                job = import_file(
                    path=options["file"], kind=options["kind"], options=chosen,
                    is_check=options["check"],
                )  # fmt: skip
        except DomainError as error:
            raise CommandError(error.message) from error
        shown = {key: value for key, value in job.report.items() if key != "samples"}
        for key, value in shown.items():
            self.stdout.write(f"{key}: {value}")
