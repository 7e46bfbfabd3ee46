"""A company leaves onboarding when nothing is missing any more."""

from django.db import transaction
from django.utils.translation import gettext as _

from cvm_platform.common.errors import Conflict
from tenants.audit.services import SYSTEM, Actor, record
from tenants.registers import registry, selectors
from tenants.tenancy import services as tenancy
from tenants.tenancy.models import Tenant
from tenants.tenancy.selectors import current_tenant


def open_company(*, actor: Actor) -> Tenant:
    """From now on people's data may be loaded and letters sent.

    Raises:
        Conflict: the company is not being set up, or something is missing: `incomplete`.
    """
    with transaction.atomic():
        tenant = Tenant.objects.select_for_update().get(pk=current_tenant().pk)
        if tenant.status != Tenant.Status.ONBOARDING:
            raise Conflict(_("The company is open already."), code="not_onboarding")
        missing = [str(each.label) for each in registry.checks() if not each.is_done]
        if missing:
            text = _("Still missing: %(what)s.") % {"what": ", ".join(missing)}
            raise Conflict(text, code="incomplete")
        tenancy.set_status(tenant=current_tenant(), status=Tenant.Status.ACTIVE)
        record(actor=actor, action="company.opened", target=tenant)
    return tenant


def open_if_complete() -> bool:
    """After every paper: the last one opens the company by itself."""
    if not selectors.is_onboarding() or any(not each.is_done for each in registry.checks()):
        return False
    open_company(actor=SYSTEM)
    return True
