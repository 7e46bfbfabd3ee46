"""Addresses at a tenant's host."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

import analytics.urls
import campaigns.urls
import tenants.urls
from cvm_platform.common.closed import closed
from cvm_platform.common.health import health
from cvm_platform.common.theme import set_theme
from cvm_platform.common.wellknown import robots, security_text
from tenants.accounts.access import open_to_all

api_patterns = [
    *tenants.urls.api_patterns,
    *analytics.urls.api_patterns,
    *campaigns.urls.api_patterns,
    path(
        "schema/",
        open_to_all(SpectacularAPIView.as_view(authentication_classes=[], permission_classes=[])),
        name="schema",
    ),
]

urlpatterns = [
    path("health/", open_to_all(health), name="health"),
    path("robots.txt", open_to_all(robots), name="robots"),
    path(".well-known/security.txt", open_to_all(security_text), name="security-text"),
    path("accounts/email/", open_to_all(closed), name="closed"),
    path("accounts/confirm-email/", open_to_all(closed), name="closed"),
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("theme/", open_to_all(set_theme), name="theme"),
    path("api/v1/", include((api_patterns, "api"))),
    path("", include("campaigns.urls")),
    path("", include("analytics.urls")),
    path("", include("tenants.urls")),
]
