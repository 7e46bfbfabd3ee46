"""Screens at a tenant's host in `urlpatterns`, at the agency's own host in `public_patterns`."""

from django.urls import URLPattern, URLResolver, path

from tenants.accounts import views
from tenants.accounts.api import CompaniesView

urlpatterns: list[URLPattern | URLResolver] = [
    path("switch/", views.company_switch, name="accounts-switch"),
    path("team/", views.member_list, name="accounts-team"),
    path("team/new/", views.member_new, name="accounts-member-new"),
    path("team/roles/", views.role_list, name="accounts-roles"),
    path("team/<uuid:public_id>/", views.member_edit, name="accounts-member"),
    path("team/<uuid:public_id>/remove/", views.member_remove, name="accounts-member-remove"),
    path("settings/", views.settings_edit, name="tenancy-settings"),
    path("settings/api-keys/", views.api_key_list, name="accounts-api-keys"),
    path("settings/api-keys/new/", views.api_key_new, name="accounts-api-key-new"),
    path(
        "settings/api-keys/<uuid:public_id>/revoke/",
        views.api_key_revoke,
        name="accounts-api-key-revoke",
    ),
]
api_patterns: list[URLPattern | URLResolver] = []
# namespace `agency`
public_patterns: list[URLPattern | URLResolver] = [
    path("", views.company_list, name="home"),
    path("export/<str:kind>/", views.company_export, name="company-export"),
    path("api/v1/companies/", CompaniesView.as_view(), name="api-companies"),
    path("companies/new/", views.company_new, name="company-new"),
    path("settings/api-keys/", views.api_key_list, name="api-keys"),
    path("settings/api-keys/new/", views.api_key_new, name="api-key-new"),
    path("settings/api-keys/<uuid:public_id>/revoke/", views.api_key_revoke, name="api-key-revoke"),
    path("switch/", views.company_switch, name="switch"),
    path("team/", views.member_list, name="team"),
    path("team/new/", views.member_new, name="member-new"),
    path("team/roles/", views.role_list, name="roles"),
    path("team/<uuid:public_id>/", views.member_edit, name="member"),
    path("team/<uuid:public_id>/remove/", views.member_remove, name="member-remove"),
]
