"""Two files that robots and finders of holes ask every host for."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from cvm_platform.common import clock

_GOOD_FOR = timedelta(days=180)  # RFC 9116, 2.5.5: less than a year
_TEXT = "text/plain; charset=utf-8"


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Nothing here is for a search engine: pages behind a login and links of single people."""
    return HttpResponse("User-agent: *\nDisallow: /\n", content_type=_TEXT)


@require_safe
def security_text(request: HttpRequest) -> HttpResponse:
    """Whom to tell about a hole (RFC 9116)."""
    until = (clock.now() + _GOOD_FOR).strftime("%Y-%m-%dT00:00:00Z")
    lines = (
        f"Contact: {settings.SECURITY_CONTACT}",
        f"Expires: {until}",
        "Preferred-Languages: ru, en",
    )
    return HttpResponse("\n".join(lines) + "\n", content_type=_TEXT)
