"""Addresses at the agency's own host (the public schema)."""

from django.urls import include, path

from cvm_platform.common.closed import closed
from cvm_platform.common.health import health
from cvm_platform.common.theme import set_theme
from cvm_platform.common.wellknown import robots, security_text
from tenants.accounts.access import open_to_all
from tenants.accounts.urls import public_patterns

urlpatterns = [
    path("health/", open_to_all(health), name="health"),
    path("robots.txt", open_to_all(robots), name="robots"),
    path(".well-known/security.txt", open_to_all(security_text), name="security-text"),
    path("accounts/email/", open_to_all(closed), name="closed"),
    path("accounts/confirm-email/", open_to_all(closed), name="closed"),
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("theme/", open_to_all(set_theme), name="theme"),
    path("", include((public_patterns, "agency"))),
]
