"""Guarding views: every URL names its permission, and a test walks all of them."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from cvm_platform.common import clock
from tenants.accounts.contracts import Permission
from tenants.accounts.models import Membership, User
from tenants.accounts.permissions import WITHOUT_ASSIGNMENT, allowed
from tenants.tenancy.models import Tenant

Params = ParamSpec("Params")
View = Callable[Concatenate[HttpRequest, Params], HttpResponseBase]

LOGIN = "account_login"
PUBLIC = "public"  # pages that need no login: signed links, health, the login itself


def membership_of(request: HttpRequest) -> Membership | None:
    return getattr(request, "membership", None)


def is_member(user: Any, request: HttpRequest) -> bool:
    """For a user whom this very request signs in: the middleware ran before that."""
    tenant = request.tenant  # type: ignore[attr-defined]  # set by the host middleware
    return (
        Membership.objects.open_on(clock.now().date())
        .filter(user_id=user.pk, tenant_id=tenant.pk)
        .exists()
    )


def is_shut(request: HttpRequest) -> bool:
    """Whether this is the agency's person where the agency's assignment does not run."""
    tenant: Tenant = request.tenant  # type: ignore[attr-defined]  # set by the host middleware
    side = getattr(request.user, "side", "")
    return side == User.Side.AGENCY and not tenant.is_assigned(clock.now())


def may(request: HttpRequest, permission: Permission) -> bool:
    membership = membership_of(request)
    if membership is None or not allowed(membership.role, permission):
        return False
    return permission in WITHOUT_ASSIGNMENT or not is_shut(request)


def demand(request: HttpRequest, permission: Permission) -> None:
    """For a page whose actions need more than its sight.

    Raises:
        PermissionDenied: the role has no such permission.
    """
    if not may(request, permission):
        raise PermissionDenied


def permission(needed: Permission) -> Callable[[View[Params]], View[Params]]:
    """Lets the view run for members whose role has `needed`; others get 403, strangers login."""

    def decorate(view: View[Params]) -> View[Params]:
        @wraps(view)
        def guarded(
            request: HttpRequest, *args: Params.args, **kwargs: Params.kwargs
        ) -> HttpResponseBase:
            if not request.user.is_authenticated:
                if request.headers.get("HX-Request"):
                    return HttpResponse(status=401, headers={"HX-Refresh": "true"})
                # from the bare host one goes where one works, which may be another host
                wanted = request.get_full_path()
                return redirect_to_login(wanted) if wanted != "/" else redirect(LOGIN)
            if not may(request, needed):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.required_permission = needed  # type: ignore[attr-defined]  # read by the URL walk
        return cast("View[Params]", guarded)

    return decorate


def open_to_all(view: Callable[..., Any]) -> Callable[..., Any]:
    """Marks a view that is public by design, so that the URL walk knows it was meant."""
    view.required_permission = PUBLIC  # type: ignore[attr-defined]  # read by the URL walk
    return view
