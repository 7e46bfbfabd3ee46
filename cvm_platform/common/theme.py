"""Light or dark: a cookie for all our hosts, read by the server, so that no page flashes."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

COOKIE = "cvm_theme"
THEMES = ("light", "dark")
_YEAR_SECONDS = 365 * 24 * 3600


def theme_of(request: HttpRequest) -> str:
    """What the user chose, or empty: the system decides."""
    theme = request.COOKIES.get(COOKIE, "")
    return theme if theme in THEMES else ""


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = "/"
    response = HttpResponseRedirect(back)
    theme = request.POST.get("theme", "")
    domain = settings.SESSION_COOKIE_DOMAIN
    if theme in THEMES:
        response.set_cookie(
            COOKIE, theme, max_age=_YEAR_SECONDS, domain=domain, samesite="Lax", httponly=True,
            secure=bool(settings.SESSION_COOKIE_SECURE),
        )  # fmt: skip
    else:
        response.delete_cookie(COOKIE, domain=domain)
    return response
