"""Loads a book of rules about channels into every company: the law changes without a release."""

from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandParser
from django_tenants.utils import tenant_context

from tenants.channel_law.services import load_rules
from tenants.tenancy.models import Tenant


class Command(BaseCommand):
    help = "Load the rules of channels from a JSON file into every company."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *_args: Any, **options: Any) -> None:
        content = options["file"].read_text(encoding="utf-8")
        tenants = Tenant.objects.exclude(kind=Tenant.Kind.PLATFORM).order_by("pk")
        for tenant in tenants:
            with tenant_context(tenant):
                book = load_rules(content)
            self.stdout.write(f"{tenant.schema_name}: {book.version}")
