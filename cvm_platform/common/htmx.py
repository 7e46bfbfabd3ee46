"""One view, one page: the fragment alone when htmx asks, the whole page otherwise."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails


class Request(HttpRequest):
    """A request as our middleware leaves it; for annotations."""

    htmx: HtmxDetails
    tenant: Any
    membership: Any


def render_page(
    request: HttpRequest,
    page: str,
    context: dict[str, Any],
    *,
    fragment: str | None = None,
    status: int = 200,
) -> HttpResponse:
    """The fragment's template for an htmx request (not for a boosted or restored page)."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]  # set by HtmxMiddleware
    narrow = fragment and htmx and not htmx.boosted and not htmx.history_restore_request
    response = render(request, fragment if narrow and fragment else page, context, status=status)
    response.headers["Vary"] = "HX-Request"
    return response


def leave_for(request: HttpRequest, view: str, **kwargs: Any) -> HttpResponse:
    """Another page as a whole, also where htmx asked for a piece of this one."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]  # set by HtmxMiddleware
    response: HttpResponse = (
        HttpResponseClientRedirect(resolve_url(view, **kwargs))
        if htmx
        else redirect(view, **kwargs)
    )
    return response
