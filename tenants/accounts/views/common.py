"""What the screens of this app share."""

from typing import cast

from django.http import HttpRequest
from django.urls import reverse

from tenants.accounts.models import User
from tenants.accounts.services import By
from tenants.tenancy.middleware import is_public
from tenants.tenancy.models import Tenant


def by(request: HttpRequest) -> By:
    """Who acts; behind `@permission` there is always somebody."""
    return By(cast("User", request.user), request.META.get("REMOTE_ADDR") or None)


def tenant_of(request: HttpRequest) -> Tenant:
    tenant: Tenant = request.tenant  # type: ignore[attr-defined]  # set by the host middleware
    return tenant


def url_name(request: HttpRequest, name: str) -> str:
    """The same screen lives at the agency's host and at a tenant's under two names."""
    return ("agency:" if is_public(request) else "tenants:accounts-") + name


def url(request: HttpRequest, name: str, **kwargs: object) -> str:
    return reverse(url_name(request, name), kwargs=kwargs or None)
