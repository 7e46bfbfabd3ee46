"""One-time links for people who have no password yet."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.http import HttpRequest
from django.urls import reverse

from tenants.accounts.models import User


def set_password_url(request: HttpRequest, user: User) -> str:
    """Works once, for as long as PASSWORD_RESET_TIMEOUT says."""
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    uid, _dash, token = key.partition("-")
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": token})
    return request.build_absolute_uri(path)
