"""Roles, permissions and scopes by name: the words every screen and endpoint is guarded with."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    AGENCY_OWNER = "agency_owner", _("Agency owner")
    AGENCY_MANAGER = "agency_manager", _("Agency manager")
    AGENCY_MARKETER = "agency_marketer", _("Agency marketer")
    AGENCY_ANALYST = "agency_analyst", _("Agency analyst")
    AGENCY_OPERATOR = "agency_operator", _("Agency support")
    AGENCY_DPO = "agency_dpo", _("Agency data protection officer")
    COPYWRITER = "copywriter", _("Copywriter or designer")
    CLIENT_ADMIN = "client_admin", _("Company administrator")
    CLIENT_DPO = "client_dpo", _("Company data protection officer")
    CLIENT_MARKETER = "client_marketer", _("Company marketer")
    CLIENT_SUPPORT = "client_support", _("Company support")
    CLIENT_ANALYST = "client_analyst", _("Company analyst")
    CLIENT_FINANCE = "client_finance", _("Company finance")
    VIEWER = "viewer", _("Viewer")
    AUDITOR = "auditor", _("Auditor")
    SRE = "sre", _("Operations")


AGENCY_ROLES = frozenset(
    {Role.AGENCY_OWNER, Role.AGENCY_MANAGER, Role.AGENCY_MARKETER, Role.AGENCY_ANALYST,
     Role.AGENCY_OPERATOR, Role.AGENCY_DPO, Role.COPYWRITER, Role.SRE}
)  # fmt: skip
CLIENT_ROLES = frozenset(
    {Role.CLIENT_ADMIN, Role.CLIENT_DPO, Role.CLIENT_MARKETER, Role.CLIENT_SUPPORT,
     Role.CLIENT_ANALYST, Role.CLIENT_FINANCE}
)  # fmt: skip


class Permission(models.TextChoices):
    # in the agency
    COMPANIES_VIEW = "companies.view"
    COMPANIES_CREATE = "companies.create"
    # in a tenant
    HOME_VIEW = "home.view"
    CUSTOMERS_VIEW = "customers.view"
    CUSTOMERS_PERSONAL = "customers.personal"  # names and contacts in the clear
    CUSTOMERS_REVEAL = "customers.reveal"  # one field of one profile, with a reason
    IMPORTS_VIEW = "imports.view"
    IMPORTS_RUN = "imports.run"
    RFM_VIEW = "rfm.view"
    SEGMENTS_VIEW = "segments.view"
    SEGMENTS_EDIT = "segments.edit"
    TEMPLATES_VIEW = "templates.view"
    TEMPLATES_EDIT = "templates.edit"
    BROADCASTS_VIEW = "broadcasts.view"
    BROADCASTS_EDIT = "broadcasts.edit"
    BROADCASTS_SEND = "broadcasts.send"
    RESULTS_VIEW = "results.view"
    RESULTS_SIGN = "results.sign"
    MAILBOX_VIEW = "mailbox.view"
    TEAM_VIEW = "team.view"
    TEAM_MANAGE = "team.manage"
    API_KEYS_MANAGE = "api_keys.manage"
    SETTINGS_VIEW = "settings.view"
    SETTINGS_EDIT = "settings.edit"
    AUDIT_VIEW = "audit.view"


class Scope(models.TextChoices):
    """What an API key may do."""

    CUSTOMERS_READ = "customers:read"
    CUSTOMERS_WRITE = "customers:write"
    EVENTS_READ = "events:read"
    EVENTS_WRITE = "events:write"
    ORDERS_READ = "orders:read"
    ORDERS_WRITE = "orders:write"
    IMPORTS_READ = "imports:read"
    IMPORTS_WRITE = "imports:write"
    SEGMENTS_READ = "segments:read"
    SEGMENTS_WRITE = "segments:write"
    BROADCASTS_READ = "broadcasts:read"
    BROADCASTS_WRITE = "broadcasts:write"
    BROADCASTS_SEND = "broadcasts:send"
    RESULTS_READ = "results:read"
