"""Headers that every answer carries, and the zone that every page is shown in."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

# Pages with personal data load nothing foreign and run nothing inline. The preview of a
# message is a sandboxed frame with a policy of its own, set by its view. After the sign-in a
# form is answered with a redirect to another host of ours, hence the hosts of form-action.
_OURS = f"{settings.BASE_DOMAIN}:* *.{settings.BASE_DOMAIN}:*"
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; frame-src 'self'; frame-ancestors 'none'; "
    f"form-action 'self' {_OURS}; base-uri 'none'; object-src 'none'"
)


class ContentSecurityPolicyMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), geolocation=(), microphone=()"
        )
        return response


class TenantZoneMiddleware:
    """Times are stored in UTC and shown in the tenant's zone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        zone = getattr(getattr(request, "tenant", None), "timezone", None) or "UTC"
        with timezone.override(zone):
            return self.get_response(request)
