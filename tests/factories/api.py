"""An integrator with a key."""

import json
from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django_tenants.utils import schema_context

from cvm_platform.common import clock
from tenants.accounts.authentication import hash_secret
from tenants.accounts.contracts import Scope
from tenants.accounts.models import ApiKey
from tenants.tenancy.models import Tenant
from tests.factories.accounts import host_of

SECRET = "s" * 43


class ApiClient:
    """Calls /api/v1/ of one tenant with one key."""

    def __init__(
        self, tenant: Tenant, scopes: Iterable[str] | None = None, **key_fields: Any
    ) -> None:
        with schema_context("public"):
            number = ApiKey.objects.count() + 1
            self.key = ApiKey.objects.create(
                tenant=tenant, name=f"key {number}", prefix=f"cvm_{number:08d}",
                secret_hash=hash_secret(SECRET), created_at=clock.now(),
                scopes=list(Scope.values if scopes is None else scopes), **key_fields,
            )  # fmt: skip
        self.authorization = f"Bearer {self.key.prefix}.{SECRET}"
        self._client = Client(HTTP_HOST=host_of(tenant), raise_request_exception=True)

    def get(self, path: str, **query: Any) -> HttpResponse:
        return self._client.get(
            f"/api/v1/{path}", query, headers={"Authorization": self.authorization}
        )

    def send(self, method: str, path: str, body: Any, **headers: str) -> HttpResponse:
        text = body if isinstance(body, str | bytes) else json.dumps(body, default=str)
        return self._client.generic(
            method, f"/api/v1/{path}", text, content_type="application/json",
            headers={"Authorization": self.authorization, **headers},
        )  # fmt: skip

    def post(self, path: str, body: Any, **headers: str) -> HttpResponse:
        return self.send("POST", path, body, **headers)
