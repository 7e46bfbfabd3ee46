"""Screens of the agency, the team, keys and settings."""

from tenants.accounts.views.agency import (
    company_export,
    company_list,
    company_new,
    company_switch,
)
from tenants.accounts.views.company import (
    api_key_list,
    api_key_new,
    api_key_revoke,
    settings_edit,
)
from tenants.accounts.views.team import (
    member_edit,
    member_list,
    member_new,
    member_remove,
    role_list,
)

__all__ = [
    "api_key_list",
    "api_key_new",
    "api_key_revoke",
    "company_export",
    "company_list",
    "company_new",
    "company_switch",
    "member_edit",
    "member_list",
    "member_new",
    "member_remove",
    "role_list",
    "settings_edit",
]
