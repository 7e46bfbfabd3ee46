"""Who the user is here: one membership per request, or none."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from cvm_platform.common import clock
from tenants.accounts.models import Membership


class MembershipMiddleware:
    """A session is valid at every sub-domain, so belonging here is asked on each request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        membership = None
        if request.user.is_authenticated:
            tenant = request.tenant  # type: ignore[attr-defined]  # set by the host middleware
            membership = (
                Membership.objects.open_on(clock.now().date())
                .filter(user_id=request.user.pk, tenant_id=tenant.pk)
                .first()
            )
        request.membership = membership  # type: ignore[attr-defined]  # read through access.py
        return self.get_response(request)
