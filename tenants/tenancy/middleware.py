"""The host chooses the tenant; an unknown host is a 404 and never somebody's data."""

from django.http import HttpRequest
from django_tenants.middleware.main import TenantMainMiddleware
from django_tenants.utils import get_public_schema_name

from tenants.tenancy.models import Domain, Tenant


class TenantHostMiddleware(TenantMainMiddleware):  # type: ignore[misc]  # the package is untyped
    def get_tenant(self, domain_model: type[Domain], hostname: str) -> Tenant:
        domain = domain_model.objects.select_related("tenant__plan").get(domain=hostname)
        tenant: Tenant = domain.tenant
        if tenant.kind == Tenant.Kind.TEMPLATE or tenant.status == Tenant.Status.CLOSED:
            raise domain_model.DoesNotExist
        return tenant


def is_public(request: HttpRequest) -> bool:
    tenant: Tenant = request.tenant  # type: ignore[attr-defined]  # set by the middleware above
    return tenant.schema_name == get_public_schema_name()
