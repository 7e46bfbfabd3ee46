"""Every address of the area, under one namespace: `tenants:<app>-<action>`."""

from django.urls import URLPattern, URLResolver

from tenants.accounts import urls as accounts_urls
from tenants.approvals import urls as approvals_urls
from tenants.audit import urls as audit_urls
from tenants.channel_law import urls as channel_law_urls
from tenants.customers import urls as customers_urls
from tenants.erasure import urls as erasure_urls
from tenants.privacy import urls as privacy_urls
from tenants.registers import urls as registers_urls
from tenants.requests import urls as requests_urls
from tenants.tenancy import urls as tenancy_urls

app_name = "tenants"
_parts = [
    tenancy_urls, accounts_urls, approvals_urls, audit_urls, registers_urls, channel_law_urls,
    customers_urls, privacy_urls, erasure_urls, requests_urls,
]  # fmt: skip
urlpatterns: list[URLPattern | URLResolver] = [
    pattern for part in _parts for pattern in part.urlpatterns
]
api_patterns: list[URLPattern | URLResolver] = [
    pattern for part in _parts for pattern in part.api_patterns
]
