"""How allauth behaves here: people are invited, nobody signs up alone."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class InviteOnlyAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # the package is untyped
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
