"""Who the user is here: one membership per request, or none; and what he may see."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from cvm_platform.common import clock
from cvm_platform.common.sight import answer_report, looking
from tenants.accounts.models import Membership
from tenants.accounts.sight import report_of, sight_of


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


class SightMiddleware:
    """Says once a request how exactly its reader sees people and money."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user if request.user.is_authenticated else None
        membership = request.membership  # type: ignore[attr-defined]  # set just above
        with looking(sight_of(membership, user, request.tenant)):  # type: ignore[attr-defined]
            return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> None:
        if request.resolver_match is not None:
            answer_report(report_of(request.resolver_match.view_name))
