"""Where a request came from, headers of every answer, and the zone that pages are shown in."""

from collections.abc import Callable
from ipaddress import ip_address

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
_UNUSED = (
    "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "geolocation",
    "gyroscope", "magnetometer", "microphone", "midi", "payment", "picture-in-picture",
    "publickey-credentials-get", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking",
)  # fmt: skip
PERMISSIONS = ", ".join(f"{name}=()" for name in _UNUSED)


class ClientAddressMiddleware:
    """REMOTE_ADDR is the machine that asked, not the proxy before us.

    Each of our proxies appends the address that it was reached from, so of n proxies the n-th
    entry from the right is the first that ours wrote. What stands left of it anybody can write.
    With fewer entries somebody came past a proxy: the address of the connection remains.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        proxies = settings.TRUSTED_PROXIES
        said = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if 0 < proxies <= len(said):
            address = said[-proxies].strip()
            if _is_address(address):
                request.META["REMOTE_ADDR"] = address
        return self.get_response(request)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


class ContentSecurityPolicyMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        # a view whose answer others embed (a picture in a letter) says so itself
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response


class TenantZoneMiddleware:
    """Times are stored in UTC and shown in the tenant's zone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        zone = getattr(getattr(request, "tenant", None), "timezone", None) or "UTC"
        with timezone.override(zone):
            return self.get_response(request)
