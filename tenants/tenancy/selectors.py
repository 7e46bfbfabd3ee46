"""Reading the platform's own tables."""

from django.conf import settings
from django.db.models import QuerySet
from django_tenants.utils import get_public_schema_name

from cvm_platform.common.errors import NoTenant
from cvm_platform.common.schema import connection
from tenants.tenancy.models import Domain, Tenant


def current_tenant() -> Tenant:
    """The tenant this thread works for.

    Raises:
        NoTenant: outside a tenant.
    """
    tenant = connection.tenant
    schema = connection.schema_name
    if not schema or schema == get_public_schema_name():
        raise NoTenant("There is no tenant here.")
    if isinstance(tenant, Tenant) and tenant.schema_name == schema:
        return tenant
    return Tenant.objects.select_related("plan").get(schema_name=schema)


def client_tenants() -> "QuerySet[Tenant]":
    return Tenant.objects.filter(kind=Tenant.Kind.CLIENT).select_related("plan")


def base_url(tenant: Tenant) -> str:
    """Scheme, primary host and port by which people reach a tenant; for mails, not for requests."""
    domain = (
        Domain.objects.filter(tenant_id=tenant.pk, is_primary=True)
        .values_list("domain", flat=True)
        .get()
    )
    port = f":{settings.PUBLIC_PORT}" if settings.PUBLIC_PORT else ""
    return f"{settings.PUBLIC_SCHEME}://{domain}{port}"
