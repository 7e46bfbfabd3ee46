"""Addresses of other hosts of ours, on the scheme and port that this request came by."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from tenants.tenancy.models import Tenant


def host_url(request: HttpRequest, domain: str, path: str = "/") -> str:
    port = urlsplit(f"//{request.get_host()}").port
    return f"{request.scheme}://{domain}{f':{port}' if port else ''}{path}"


def tenant_url(request: HttpRequest, tenant: Tenant, path: str = "/") -> str:
    """Prefetch `domains` for many tenants at once."""
    primary = next((row.domain for row in tenant.domains.all() if row.is_primary), "")
    return host_url(request, primary or settings.BASE_DOMAIN, path)


def agency_url(request: HttpRequest) -> str:
    path = reverse("agency:home", urlconf=settings.PUBLIC_SCHEMA_URLCONF)
    return host_url(request, settings.BASE_DOMAIN, path)
