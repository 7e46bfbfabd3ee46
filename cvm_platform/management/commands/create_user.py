"""The first person of an installation: manage.py create_user owner@… "Name" --role agency_owner"""

import argparse
import getpass
import os
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from cvm_platform.common import clock
from cvm_platform.common.errors import DomainError
from tenants.accounts.contracts import AGENCY_ROLES, Role
from tenants.accounts.models import User
from tenants.accounts.services import add_membership, create_user
from tenants.tenancy.models import Tenant

TRAINING_DAYS = 365


class Command(BaseCommand):
    help = "Makes a user with a role; the password comes from CVM_PASSWORD or is asked for."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("name")
        parser.add_argument("--role", choices=Role.values, default=Role.AGENCY_OWNER)
        parser.add_argument("--schema", default="public", help="`public` is the agency itself")
        parser.add_argument(
            "--signed", action="store_true",
            help="confidentiality is signed and training passed today (else nobody gets in)",
        )  # fmt: skip

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        tenant = Tenant.objects.filter(schema_name=options["schema"]).first()
        if tenant is None or tenant.kind == Tenant.Kind.TEMPLATE:
            raise CommandError(f"There is no tenant {options['schema']}.")
        role = Role(options["role"])
        now = clock.now()
        try:
            user = create_user(
                email=options["email"], name=options["name"],
                side=User.Side.AGENCY if role in AGENCY_ROLES else User.Side.CLIENT,
                password=os.environ.get("CVM_PASSWORD") or getpass.getpass("Password: "),
                confidentiality_signed_at=now if options["signed"] else None,
                training_valid_until=(
                    now.date() + timedelta(days=TRAINING_DAYS) if options["signed"] else None
                ),
            )  # fmt: skip
            add_membership(user=user, tenant=tenant, role=role)
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{user.email}: {role} at {tenant.name}")
