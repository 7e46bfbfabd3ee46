"""One line of the processing log for every request that opened personal values.

The line is written before the answer leaves: where it cannot be written, nobody sees the values.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from tenants.audit import watch
from tenants.audit.services import log_request
from tenants.tenancy.middleware import is_public

_REFUSED = 400


class ProcessingLogMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if is_public(request):
            return self.get_response(request)
        with watch.watching() as notes:
            response = self.get_response(request)
        if not notes.is_empty:
            log_request(request, notes, is_denied=response.status_code >= _REFUSED)
        return response
