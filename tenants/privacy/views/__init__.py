"""Screens of consents: for the company, and the public ones that people see."""

from tenants.privacy.views.declaring import declaration_new, declaration_revoke, declarations
from tenants.privacy.views.public import confirm_page, consent_form, text_page
from tenants.privacy.views.texts import form_edit, form_list, text_act, text_edit, text_list

__all__ = [
    "confirm_page",
    "consent_form",
    "declaration_new",
    "declaration_revoke",
    "declarations",
    "form_edit",
    "form_list",
    "text_act",
    "text_edit",
    "text_list",
    "text_page",
]
