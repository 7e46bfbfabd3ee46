"""What each role sees of people and money: the only place that says it.

| who | personal values | numbers of people | money | one person's page |
|---|---|---|---|---|
| agency, any role | masked or none | rounded, "<10" | unless the company hides it | masked, bands |
| client | by permission | exact | exact | by permission |
"""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cvm_platform.common.sight import EVERYTHING, Sight
from tenants.accounts.contracts import AGENCY_ROLES, Permission
from tenants.accounts.models import ApiKey, Membership, User
from tenants.accounts.permissions import allowed
from tenants.tenancy.models import Tenant

# Reports whose money a company may keep from its agency: code → what it is called.
REPORTS = {
    "home": _("The first page: revenue, margin, profit"),
    "results": _("Results of broadcasts"),
    "broadcasts": _("Costs of broadcasts and what they can prove"),
    "rfm": pgettext_lazy("report", "RFM groups"),
    "segments": _("Money of segments and conditions about money"),
    "customers": _("Page and list of customers"),
    "imports": _("Sums of loaded files"),
}
# addresses by their beginning → report; the longer ones first
_PLACES = (
    ("campaigns:results-home", "home"),
    ("campaigns:results-sales", "home"),
    ("campaigns:results-", "results"),
    ("campaigns:broadcasts-", "broadcasts"),
    ("campaigns:segments-", "segments"),
    ("analytics:features-", "rfm"),
    ("analytics:customers-", "customers"),
    ("analytics:sources-", "imports"),
    ("api:broadcast_result", "results"),
)


@dataclass(frozen=True, slots=True)
class Rights:
    """What one membership sees of one person."""

    is_masked: bool
    may_browse: bool  # lists, histories, who is in a group: nobody of the agency
    may_reveal: bool
    may_export: bool


def is_agency(user: User | None, role: str) -> bool:
    """By the role, and by whom the person works for: a viewer may be of either side."""
    return role in AGENCY_ROLES or (user is not None and user.side == User.Side.AGENCY)


def sight_of(membership: Membership | None, user: User | None, tenant: Tenant | None) -> Sight:
    if membership is None:
        return EVERYTHING  # a stranger is shown nothing anyway
    if not is_agency(user, membership.role):
        return EVERYTHING
    return agency_sight(tenant)


def agency_sight(tenant: Tenant | None) -> Sight:
    return Sight(is_exact=False, hidden=frozenset(tenant.hidden_money if tenant else ()))


def sight_of_key(key: ApiKey, tenant: Tenant) -> Sight:
    """A key made by the agency's people sees what they see; the client's own sees everything."""
    maker = key.created_by
    return agency_sight(tenant) if maker is not None and is_agency(maker, "") else EVERYTHING


def rights_of(membership: Membership | None, user: User | None) -> Rights:
    role = membership.role if membership else ""
    agency = is_agency(user, role)
    return Rights(
        is_masked=agency or not allowed(role, Permission.CUSTOMERS_PERSONAL),
        may_browse=not agency and allowed(role, Permission.CUSTOMERS_VIEW),
        may_reveal=allowed(role, Permission.CUSTOMERS_REVEAL),
        may_export=not agency and allowed(role, Permission.CUSTOMERS_EXPORT),
    )


def report_of(view_name: str) -> str:
    return next((report for place, report in _PLACES if view_name.startswith(place)), "")
