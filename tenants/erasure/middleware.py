"""A company restored from an older copy is closed until the ledger of erasures is applied."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from tenants.erasure.selectors import is_behind
from tenants.tenancy.middleware import is_public


class RestoreGuardMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        tenant = request.tenant  # type: ignore[attr-defined]  # set by the host middleware
        if not is_public(request) and is_behind(tenant):
            # before sessions and people: nothing of the company is asked for
            answer = HttpResponse(render_to_string("tenants/erasure/closed.html"), status=503)
            answer["Retry-After"] = "600"
            return answer
        return self._get_response(request)
