"""How allauth behaves here: people are invited, nobody signs up alone."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from tenants.accounts import access, hosts, selectors
from tenants.accounts.models import User


class InviteOnlyAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # the package is untyped
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Without `next`: where one works. A host where the person is a member is as good."""
        user: Any = request.user
        if access.is_member(user, request) or not isinstance(user, User):
            return "/"
        own = selectors.home_tenant_of(user)
        return hosts.tenant_url(request, own) if own else hosts.agency_url(request)
