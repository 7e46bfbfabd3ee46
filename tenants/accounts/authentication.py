"""API keys: who calls, from where, and what the key allows."""

import hashlib
import hmac
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils.translation import gettext as _
from rest_framework import authentication, exceptions, permissions, throttling
from rest_framework.request import Request

from cvm_platform.common import clock
from cvm_platform.common.sight import become
from tenants.accounts.models import ApiKey
from tenants.accounts.sight import sight_of_key

if TYPE_CHECKING:  # views read their settings, which name this module
    from rest_framework.views import APIView

PREFIX_LENGTH = 12
_TOUCH_SECONDS = 60


def hash_secret(secret: str) -> bytes:
    """Keys carry 256 bits of randomness, so a plain hash is enough (no dictionary exists)."""
    return hashlib.sha256(secret.encode()).digest()


class ApiUser:
    """The caller behind a key; a user of the API, never of the screens."""

    is_authenticated = True
    is_anonymous = False
    is_active = True
    pk = None

    def __init__(self, key: ApiKey) -> None:
        self.key = key


class ApiKeyAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer <prefix>.<secret>`, valid only at the tenant's own host."""

    def authenticate(self, request: Request) -> tuple[ApiUser, ApiKey] | None:
        header = request.headers.get("Authorization", "")
        kind, _space, token = header.partition(" ")
        if not header:
            return None
        prefix, _dot, secret = token.partition(".")
        if kind.lower() != "bearer" or not secret:
            raise exceptions.AuthenticationFailed(_("Send the key as “Authorization: Bearer …”."))
        tenant = request._request.tenant  # type: ignore[attr-defined]  # set by the host middleware  # noqa: SLF001
        now = clock.now()
        key = (
            ApiKey.objects.select_related("created_by")
            .filter(prefix=prefix, tenant_id=tenant.pk, revoked_at__isnull=True)
            .filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now))
            .first()
        )
        if key is None or not hmac.compare_digest(bytes(key.secret_hash), hash_secret(secret)):
            raise exceptions.AuthenticationFailed(_("The API key is unknown, revoked or expired."))
        address = request.META.get("REMOTE_ADDR") or "0.0.0.0"  # noqa: S104 no address known
        self._check_network(key, address)
        if not key.last_used_at or (now - key.last_used_at).total_seconds() > _TOUCH_SECONDS:
            ApiKey.objects.filter(pk=key.pk).update(last_used_at=now, last_used_ip=address)
        become(sight_of_key(key, tenant))
        return ApiUser(key), key

    def _check_network(self, key: ApiKey, address: str) -> None:
        if key.networks and not any(
            ip_address(address) in ip_network(network) for network in key.networks
        ):
            raise exceptions.AuthenticationFailed(_("This key is not valid from your address."))

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class HasScope(permissions.BasePermission):
    """The view says `scopes = {"GET": Scope…, "POST": Scope…}`; an unnamed method is refused."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        key = request.auth
        if not isinstance(key, ApiKey):
            return False
        needed: Any = getattr(view, "scopes", {}).get(request.method)
        return needed is not None and str(needed) in key.scopes


class ApiKeyThrottle(throttling.SimpleRateThrottle):
    scope = "api_key"

    def get_cache_key(self, request: Request, view: "APIView") -> str | None:
        if not isinstance(request.auth, ApiKey):
            return None
        return f"throttle_api_key_{request.auth.pk}"
