"""Opens a company: manage.py create_tenant coffee "Coffee and tea" --owner-email …"""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from cvm_platform.common.errors import DomainError
from tenants.accounts.contracts import Role
from tenants.accounts.models import User
from tenants.accounts.services import add_membership
from tenants.tenancy.services import create_tenant


class Command(BaseCommand):
    help = "Opens a client company with its own schema."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("slug", help="sub-domain: Latin letters, digits, hyphens")
        parser.add_argument("name", help="name of the company")
        parser.add_argument("--plan", default="foundation")
        parser.add_argument("--currency", default="RUB", help="ISO 4217")
        parser.add_argument("--timezone", default="Europe/Moscow", help="IANA name")
        parser.add_argument("--industry", default="")
        parser.add_argument("--margin", type=float, help="assumed margin in percent")
        parser.add_argument("--owner-email", help="an existing user who gets into the team")
        parser.add_argument("--role", default="", help="the role; by default owner of his side")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        margin = options["margin"]
        try:
            tenant = create_tenant(
                slug=options["slug"], name=options["name"], plan=options["plan"],
                currency=options["currency"], timezone=options["timezone"],
                industry=options["industry"],
                assumed_margin_bp=round(margin * 100) if margin is not None else None,
            )  # fmt: skip
            if email := options["owner_email"]:
                user = User.objects.filter(email__iexact=email).first()
                if user is None:
                    raise CommandError(f"There is no user {email}.")
                is_agency = user.side == User.Side.AGENCY
                usual = Role.AGENCY_OWNER if is_agency else Role.CLIENT_ADMIN
                add_membership(user=user, tenant=tenant, role=options["role"] or usual)
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{tenant.name}: {tenant.domains.get(is_primary=True).domain}")
