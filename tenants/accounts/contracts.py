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
    COMPANIES_VIEW = "companies.view", _("See the companies of the agency")
    COMPANIES_CREATE = "companies.create", _("Open a company")
    # in a tenant
    HOME_VIEW = "home.view", _("See the company's money")
    CUSTOMERS_VIEW = "customers.view", _("See customers, masked")
    # names and contacts in the clear
    CUSTOMERS_PERSONAL = "customers.personal", _("See names and contacts")
    # one field of one profile, with a reason
    CUSTOMERS_REVEAL = "customers.reveal", _("Reveal one field with a reason")
    # lists of people as a file; the agency never
    CUSTOMERS_EXPORT = "customers.export", _("Take customers out as a file")
    IMPORTS_VIEW = "imports.view", _("See loads of data")
    IMPORTS_RUN = "imports.run", _("Load data")
    RFM_VIEW = "rfm.view", _("See RFM groups")
    SEGMENTS_VIEW = "segments.view", _("See segments")
    SEGMENTS_EDIT = "segments.edit", _("Edit segments")
    TEMPLATES_VIEW = "templates.view", _("See message templates")
    TEMPLATES_EDIT = "templates.edit", _("Edit message templates")
    BROADCASTS_VIEW = "broadcasts.view", _("See broadcasts")
    BROADCASTS_EDIT = "broadcasts.edit", _("Prepare broadcasts")
    BROADCASTS_SEND = "broadcasts.send", _("Start and stop broadcasts")
    RESULTS_VIEW = "results.view", _("See results in money")
    RESULTS_SIGN = "results.sign", _("Sign results")
    MAILBOX_VIEW = "mailbox.view", _("Read the mail catcher")
    TEAM_VIEW = "team.view", _("See the team")
    TEAM_MANAGE = "team.manage", _("Manage the team")
    API_KEYS_MANAGE = "api_keys.manage", _("Manage API keys")
    SETTINGS_VIEW = "settings.view", _("See settings")
    SETTINGS_EDIT = "settings.edit", _("Change settings")
    # which money the agency sees is the company's decision
    AGENCY_SIGHT = "agency.sight", _("Say what money the agency sees")
    CONSENTS_VIEW = "consents.view", _("See consent texts and declarations")
    CONSENTS_EDIT = "consents.edit", _("Prepare consent texts and declarations")
    # what the law asks the operator to keep: assignment, purposes, recipients, incidents
    REGISTERS_VIEW = "registers.view", _("See the registers of personal data")
    REGISTERS_EDIT = "registers.edit", _("Prepare the registers of personal data")
    INCIDENTS_REPORT = "incidents.report", _("Report a leak")
    TASKS_VIEW = "tasks.view", _("See decisions and work that wait")
    # the operator's own officer (152-FZ, article 22.1)
    PRIVACY_OVERSEE = "privacy.oversee", _("Answer for personal data")
    # what people ask about their data: the agency sees no values
    REQUESTS_VIEW = "requests.view", _("See requests about personal data")
    REQUESTS_REGISTER = "requests.register", _("Write requests down and hand them over")
    REQUESTS_WORK = "requests.work", _("Answer requests about personal data")
    AUDIT_VIEW = "audit.view", _("Read the audit trail")
    ERASURE_VIEW = "erasure.view", _("See erasures, acts and terms of storage")
    ERASURE_RUN = "erasure.run", _("Erase people and set terms of storage")
    ERASURE_SIGN = "erasure.sign", _("Sign acts of destruction as the second")


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
    REQUESTS_READ = "requests:read"
    REQUESTS_WRITE = "requests:write"
    # of the agency's own keys only
    COMPANIES_READ = "companies:read"
    COMPANIES_WRITE = "companies:write"


AGENCY_SCOPES = frozenset({Scope.COMPANIES_READ, Scope.COMPANIES_WRITE})
