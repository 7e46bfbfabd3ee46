"""A simulated shop of any size in a company of its own, for benchmarks."""

from typing import Any

from django.core.management import BaseCommand
from django.core.management.base import CommandParser
from django_tenants.utils import tenant_context

from cvm_platform.common import clock
from cvm_platform.demo.bulk_shop import load_shop
from cvm_platform.demo.coffee import CoffeeShop
from cvm_platform.demo.papers import ensure_papers
from cvm_platform.demo.progress import Progress
from tenants.tenancy.models import Tenant
from tenants.tenancy.services import create_tenant

_ZONE = "Europe/Moscow"


class Command(BaseCommand):
    help = "Fill an empty company with a simulated shop by COPY (made when it does not exist)."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("schema", help="schema of the company: letters, digits, underscores")
        parser.add_argument("--customers", type=int, default=60_000)
        parser.add_argument("--weeks", type=int, default=104, help="length of the history")
        parser.add_argument("--seed", type=int, default=2026)
        parser.add_argument(
            "--no-contacts", action="store_true", help="no names and addresses: much faster"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        tenant = _tenant(options["schema"])
        shop = CoffeeShop(
            today=clock.today(_ZONE),
            seed=options["seed"],
            customers=options["customers"],
            weeks=options["weeks"],
        )
        progress = Progress(self.stdout.write, options["schema"])
        with tenant_context(tenant):
            load_shop(shop, tenant, progress, has_contacts=not options["no_contacts"])


def _tenant(schema: str) -> Tenant:
    known = Tenant.objects.filter(schema_name=schema).first()
    if known is not None:
        return known
    made = create_tenant(
        slug=schema.replace("_", "-"),
        name=f"{schema} (simulated)",
        plan="enterprise",
        is_simulated=True,
    )
    ensure_papers(made)
    return made
