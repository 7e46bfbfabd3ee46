"""What the frame around every page shows: sections, companies, the person, theme and language.

Everything is computed when the template asks: a fragment for htmx costs no query.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cvm_platform.common import theme
from tenants.accounts import access, companies, hosts, selectors
from tenants.accounts.contracts import Permission, Role
from tenants.approvals import selectors as approvals
from tenants.audit.contracts import Actor
from tenants.requests import selectors as requests
from tenants.tenancy.models import Tenant

COMPANIES_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Section:
    """A line of the side menu; shown when its URL exists and the role may open it."""

    name: str
    label: Any  # lazily translated
    icon: str
    permission: Permission
    # other URL names under it, by their beginning
    also: tuple[str, ...] = ()
    # how many things there need a hand today; shown in red
    urgent: Callable[[HttpRequest], int] | None = None


@dataclass(frozen=True, slots=True)
class Item:
    url: str
    label: str
    icon: str
    is_current: bool
    urgent: int = 0


def _waiting(request: HttpRequest) -> int:
    actor = Actor.of(request)
    return approvals.urgent_count(actor.role, actor.user_id)


def _overdue(_request: HttpRequest) -> int:
    return requests.overdue_count()


P = Permission
TENANT_SECTIONS: tuple[tuple[Section, ...], ...] = (
    (
        Section("campaigns:results-home", gettext_lazy("Money"), "coin", P.HOME_VIEW),
        Section("tenants:approvals-tasks", gettext_lazy("To do"), "checklist", P.TASKS_VIEW,
                ("tenants:approvals-",), _waiting),
    ),
    (
        Section("analytics:customers-list", gettext_lazy("Customers"), "users", P.CUSTOMERS_VIEW,
                ("analytics:customers-",)),
        Section("analytics:features-rfm", gettext_lazy("RFM groups"), "grid-dots", P.RFM_VIEW,
                ("analytics:features-",)),
        Section("campaigns:segments-list", gettext_lazy("Segments"), "filter", P.SEGMENTS_VIEW,
                ("campaigns:segments-",)),
        Section("campaigns:broadcasts-list", gettext_lazy("Broadcasts"), "send",
                P.BROADCASTS_VIEW, ("campaigns:broadcasts-", "campaigns:results-detail")),
        Section("campaigns:channels-templates", gettext_lazy("Letters"), "template",
                P.TEMPLATES_VIEW, ("campaigns:channels-",)),
    ),
    (
        Section("analytics:sources-list", gettext_lazy("Data"), "database-import",
                P.IMPORTS_VIEW, ("analytics:sources-",)),
        Section("campaigns:delivery-mailbox", gettext_lazy("Sent mail"), "mailbox",
                P.MAILBOX_VIEW, ("campaigns:delivery-mailbox",)),
        Section("tenants:accounts-team", gettext_lazy("Team"), "users-group", P.TEAM_VIEW,
                ("tenants:accounts-team", "tenants:accounts-roles", "tenants:accounts-member")),
        Section("tenants:accounts-api-keys", gettext_lazy("API keys"), "key",
                P.API_KEYS_MANAGE, ("tenants:accounts-api-key",)),
        Section("tenants:privacy-texts", gettext_lazy("Consents"), "file-check",
                P.CONSENTS_VIEW, ("tenants:privacy-",)),
        Section("tenants:requests-desk", gettext_lazy("Privacy"), "shield-check",
                P.REQUESTS_VIEW, ("tenants:requests-",), _overdue),
        Section("tenants:erasure-jobs", gettext_lazy("Erasure"), "trash", P.ERASURE_VIEW,
                ("tenants:erasure-",)),
        Section("tenants:channel-law-list", gettext_lazy("Channels and the law"), "scale",
                P.SETTINGS_VIEW, ("tenants:channel-law-",)),
        Section("tenants:registers-missing", gettext_lazy("Registers"), "file-check",
                P.REGISTERS_VIEW, ("tenants:registers-",)),
        Section("tenants:audit-processing", gettext_lazy("Log"), "shield-lock", P.AUDIT_VIEW,
                ("tenants:audit-",)),
        Section("tenants:tenancy-settings", gettext_lazy("Settings"), "settings",
                P.SETTINGS_VIEW),
    ),
)  # fmt: skip
AGENCY_SECTIONS: tuple[tuple[Section, ...], ...] = (
    (
        Section("agency:home", gettext_lazy("Companies"), "building-store", P.COMPANIES_VIEW,
                ("agency:company",), companies.urgent_count),
        Section("agency:team", gettext_lazy("Team"), "users-group", P.TEAM_VIEW,
                ("agency:team", "agency:roles", "agency:member")),
        Section("agency:api-keys", gettext_lazy("API keys"), "key", P.API_KEYS_MANAGE,
                ("agency:api-key",)),
    ),
)  # fmt: skip


def _url(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


class Can:
    """`can.companies_create` in templates: may this person do it here?"""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    def __getitem__(self, name: str) -> bool:
        return access.may(self._request, Permission[name.upper()])


class Shell:
    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.tenant: Tenant | None = getattr(request, "tenant", None)
        self.membership = access.membership_of(request)
        self.is_agency = self.tenant is None or self.tenant.kind == Tenant.Kind.PLATFORM

    @property
    def user(self) -> Any:
        user = getattr(self.request, "user", None)
        return user if user is not None and user.is_authenticated else None

    # ---- sections ---------------------------------------------------------------------------

    def _item(self, section: Section) -> Item | None:
        url = _url(section.name)
        if not url or not access.may(self.request, section.permission):
            return None
        match = self.request.resolver_match
        name = match.view_name if match else ""
        is_current = name == section.name or bool(section.also and name.startswith(section.also))
        urgent = section.urgent(self.request) if section.urgent else 0
        return Item(url, str(section.label), section.icon, is_current, urgent)

    @cached_property
    def nav(self) -> list[list[Item]]:
        groups = AGENCY_SECTIONS if self.is_agency else TENANT_SECTIONS
        found = [[item for part in group if (item := self._item(part))] for group in groups]
        return [group for group in found if group]

    @cached_property
    def home(self) -> str:
        """The first section open to this person here; for a client's person elsewhere, his own."""
        if self.nav:
            return self.nav[0][0].url
        own = selectors.home_tenant_of(self.user) if self.user else None
        return hosts.tenant_url(self.request, own) if own else "/"

    @cached_property
    def search_url(self) -> str:
        if self.is_agency:
            wanted, name = Permission.COMPANIES_VIEW, "agency:home"
        else:
            wanted, name = Permission.CUSTOMERS_VIEW, "analytics:customers-list"
        return _url(name) if access.may(self.request, wanted) else ""

    @property
    def search_hint(self) -> str:
        return _("Find a company") if self.is_agency else _("Find a customer")

    # ---- companies --------------------------------------------------------------------------

    @property
    def title(self) -> str:
        if self.tenant is None or self.is_agency:
            return _("All companies")
        return self.tenant.name

    @cached_property
    def _reachable(self) -> tuple[list[dict[str, Any]], int]:
        if self.user is None or self.user.side != "agency":
            return [], 0
        return companies.switch_rows(self.request, limit=COMPANIES_SHOWN)

    @property
    def companies(self) -> list[dict[str, Any]]:
        return self._reachable[0]

    @property
    def companies_total(self) -> int:
        return self._reachable[1]

    @property
    def switch_url(self) -> str:
        return _url("agency:switch" if self.is_agency else "tenants:accounts-switch")

    @property
    def companies_search_url(self) -> str:
        return _url("agency:home") if self.is_agency else self.switch_url

    @property
    def agency_url(self) -> str:
        """Empty for people of a client: there is nothing for them."""
        is_agency_user = self.user is not None and self.user.side == "agency"
        return hosts.agency_url(self.request) if is_agency_user else ""

    # ---- the person and the look -------------------------------------------------------------

    @property
    def role(self) -> str:
        return str(Role(self.membership.role).label) if self.membership else ""

    @cached_property
    def keepers(self) -> str:
        """Who may change settings and roles here, in words: whom others ask. Empty: nobody."""
        if self.tenant is None or self.membership is None:
            return ""
        found = selectors.keepers_of(self.tenant, Permission.SETTINGS_EDIT)
        return ", ".join(
            f"{row.user.name or row.user.email} ({Role(row.role).label.lower()})" for row in found
        )

    @property
    def theme(self) -> str:
        return theme.theme_of(self.request)

    @property
    def theme_url(self) -> str:
        return _url("theme")

    @property
    def language_url(self) -> str:
        return _url("set_language")

    @property
    def languages(self) -> list[tuple[str, str]]:
        return [(code, code.upper()) for code, _name in settings.LANGUAGES]

    @cached_property
    def is_shut(self) -> bool:
        """Whether the agency's assignment does not run here, and this is one of its people."""
        return self.tenant is not None and self.user is not None and access.is_shut(self.request)

    @property
    def setup_url(self) -> str:
        """Where a company that is being set up says what is missing; empty where it is open."""
        if self.tenant is None or self.tenant.status != Tenant.Status.ONBOARDING:
            return ""
        return self.papers_url

    @property
    def papers_url(self) -> str:
        return self._open_url("tenants:registers-missing", Permission.REGISTERS_VIEW)

    @property
    def leak_url(self) -> str:
        """Anybody may say that something looks like a leak."""
        return self._open_url("tenants:registers-incident-report", Permission.INCIDENTS_REPORT)

    def _open_url(self, name: str, needed: Permission) -> str:
        is_open = not self.is_agency and access.may(self.request, needed)
        return _url(name) if is_open else ""

    @property
    def is_simulated(self) -> bool:
        return bool(self.tenant and self.tenant.is_simulated)

    @property
    def note(self) -> str:
        return self.tenant.note if self.tenant else ""


def shell_context(request: HttpRequest) -> dict[str, Any]:
    return {"shell": Shell(request), "can": Can(request)}
