"""People who log in, one call each."""

from datetime import timedelta
from itertools import count

from django.test import Client
from django_tenants.utils import schema_context

from cvm_platform.common import clock
from tenants.accounts.contracts import AGENCY_ROLES, Role
from tenants.accounts.models import Membership, User
from tenants.tenancy.models import Tenant

PASSWORD = "correct-horse-9"
_numbers = count(1)


def make_user(tenant: Tenant, role: Role | str, **changed: object) -> User:
    """A trained user with one membership."""
    number = next(_numbers)
    with schema_context("public"):
        user = User(
            email=f"user{number}@staff.example",
            name=f"User {number}",
            side="agency" if Role(role) in AGENCY_ROLES else "client",
            confidentiality_signed_at=clock.now(),
            training_valid_until=clock.now().date() + timedelta(days=365),
            **changed,
        )
        user.set_password(PASSWORD)
        user.save()
        Membership.objects.create(user=user, tenant=tenant, role=role)
    return user


def host_of(tenant: Tenant) -> str:
    return (
        "cvm.localhost" if tenant.schema_name == "public" else f"{tenant.schema_name}.cvm.localhost"
    )


def client_of(tenant: Tenant, role: Role | str | None = None, user: User | None = None) -> Client:
    """A browser at the tenant's host, logged in with the role, or a stranger without one."""
    client = Client(HTTP_HOST=host_of(tenant))
    if role is not None or user is not None:
        with schema_context("public"):
            client.force_login(
                user or make_user(tenant, role or ""),
                backend="allauth.account.auth_backends.AuthenticationBackend",
            )
    return client
