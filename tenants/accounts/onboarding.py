"""Opening a company and what it says about itself: tenancy's doors with a person behind them."""

from typing import Any

from django.db import transaction

from cvm_platform.common.errors import Forbidden
from tenants.accounts import registry
from tenants.accounts.contracts import Role
from tenants.accounts.models import Membership
from tenants.accounts.services import By, add_membership
from tenants.tenancy import services as tenancy
from tenants.tenancy.models import Tenant


@transaction.atomic
def open_company(*, by: By, **values: Any) -> Tenant:
    """A new tenant with its creator in it; `values` as `tenancy.services.create_tenant` takes.

    The creator has in the company the role that he has in the agency; a company that no person
    opened gets the agency's owners, else nobody could enter it.

    Raises:
        InvalidInput, Conflict: nothing was made.
    """
    tenant = tenancy.create_tenant(**values)
    agency = Membership.objects.filter(tenant__kind=Tenant.Kind.PLATFORM).select_related("user")
    if by.user is not None:
        first = agency.filter(user=by.user)
        if not first:
            raise Forbidden("Only the agency opens companies.")
    else:
        first = agency.filter(role=Role.AGENCY_OWNER)
    for own in first:
        add_membership(user=own.user, tenant=tenant, role=own.role, by=by)
    return tenant


@transaction.atomic
def change_settings(*, tenant: Tenant, by: By, **values: Any) -> list[str]:
    """Changed fields by name; see `tenancy.services.update_tenant`."""
    changed = tenancy.update_tenant(tenant=tenant, **values)
    if changed:
        registry.tell(
            registry.Change(tenant, by.user, "settings.changed", tenant, {"fields": changed}, by.ip)
        )
    return changed
