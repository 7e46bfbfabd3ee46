"""Every address of both hosts × every role × two tenants: open to whom the matrix says, and to
nobody else. A refused request runs nothing: it writes no row.
"""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver

from tenants.accounts.access import PUBLIC
from tenants.accounts.contracts import AGENCY_ROLES, Permission, Role, Scope
from tenants.accounts.models import ApiKey
from tenants.accounts.permissions import allowed
from tenants.accounts.selectors import scopes_for
from tenants.accounts.services import create_api_key
from tenants.tenancy.models import Tenant
from tests.factories.accounts import client_of, host_of

TENANT_URLS = "cvm_platform.urls"
AGENCY_URLS = "cvm_platform.urls_public"
# The sign-in guards itself: these packages ask for a session where one is needed.
SELF_GUARDED = ("allauth.", "django.views.i18n")
WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|COPY|CREATE|DROP|TRUNCATE)", re.IGNORECASE)
OTHER_TENANT = {"acme": "beta", "beta": "acme"}


@dataclass(frozen=True)
class Address:
    path: str
    name: str
    view: Any

    @property
    def permission(self) -> str | None:
        return getattr(self.view, "required_permission", None)

    @property
    def api(self) -> Any:
        """The class of an API view, None for screens."""
        return getattr(self.view, "cls", None)


def _example(pattern: str) -> str:
    """A path that the pattern matches, about nothing that exists."""
    path = re.sub(r"<uuid:\w+>", str(uuid.UUID(int=7)), pattern)
    path = re.sub(r"<int:\w+>", "7", path)
    return "/" + re.sub(r"<(?:str:|slug:)?\w+>", "x", path)


def _walk(resolver: URLResolver, prefix: str = "") -> Iterator[Address]:
    for entry in resolver.url_patterns:
        pattern = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _walk(entry, pattern)
        elif isinstance(entry, URLPattern):
            yield Address(_example(pattern), entry.name or pattern, entry.callback)


def _addresses(urlconf: str) -> list[Address]:
    return [
        address
        for address in _walk(get_resolver(urlconf))
        if not address.view.__module__.startswith(SELF_GUARDED)
    ]


def _screens(urlconf: str) -> list[Address]:
    return [address for address in _addresses(urlconf) if address.permission not in {None, PUBLIC}]


def _api(urlconf: str) -> list[Address]:
    return [
        address for address in _addresses(urlconf) if address.api and address.permission != PUBLIC
    ]


def _statuses(client: Client, path: str) -> list[int]:
    """Of GET and POST; a view may know only one of the two."""
    return [client.get(path).status_code, client.post(path).status_code]


def _written(queries: CaptureQueriesContext) -> list[str]:
    return [query["sql"] for query in queries.captured_queries if WRITES.match(query["sql"])]


def _is_refused(client: Client, path: str) -> list[str]:
    """Complaints: none when both methods are shut and nothing is written."""
    with CaptureQueriesContext(connection) as queries:
        statuses = _statuses(client, path)
    wrong = [] if 403 in statuses and set(statuses) <= {403, 405} else [f"{path}: {statuses}"]
    return wrong + [f"{path}: {sql}" for sql in _written(queries)]


def test_every_address_names_its_permission() -> None:
    known = {PUBLIC, *Permission.values}
    nameless = [
        f"{urlconf}: {address.path}"
        for urlconf in (TENANT_URLS, AGENCY_URLS)
        for address in _addresses(urlconf)
        if not address.api and address.permission not in known
    ]
    assert nameless == []
    assert len(_screens(TENANT_URLS)) > 40


def test_public_addresses_are_those_meant() -> None:
    public = {
        address.name
        for urlconf in (TENANT_URLS, AGENCY_URLS)
        for address in _addresses(urlconf)
        if address.permission == PUBLIC
    }
    assert public == {
        "health", "theme", "schema", "closed", "robots", "security-text",
        "delivery-open", "delivery-click", "delivery-unsubscribe",
        "privacy-public-form", "privacy-public-text", "privacy-confirm",
        "requests-public", "requests-public-sent", "requests-public-confirm", "requests-policy",
    }  # fmt: skip


@pytest.mark.parametrize("schema", ["acme", "beta"])
@pytest.mark.parametrize("role", list(Role))
def test_role_opens_what_the_matrix_says_at_a_tenant(db: None, schema: str, role: Role) -> None:
    tenant = Tenant.objects.get(schema_name=schema)
    client = client_of(tenant, role)
    wrong: list[str] = []
    for address in _screens(TENANT_URLS):
        if not allowed(role, str(address.permission)):
            wrong += _is_refused(client, address.path)
        elif schema == "acme":
            status = client.get(address.path).status_code
            if status not in {200, 302, 404, 405, 409, 422}:
                wrong.append(f"{address.path}: {status}")
    assert wrong == []


@pytest.mark.parametrize("role", sorted(AGENCY_ROLES | {Role.VIEWER, Role.AUDITOR}))
def test_role_opens_what_the_matrix_says_at_the_agency(db: None, role: Role) -> None:
    client = client_of(Tenant.objects.get(schema_name="public"), role)
    wrong: list[str] = []
    for address in _screens(AGENCY_URLS):
        if not allowed(role, str(address.permission)):
            wrong += _is_refused(client, address.path)
        elif client.get(address.path).status_code not in {200, 404, 405}:
            wrong.append(address.path)
    assert wrong == []


@pytest.mark.parametrize("schema", ["acme", "beta"])
@pytest.mark.parametrize("role", [Role.AGENCY_OWNER, Role.CLIENT_ADMIN, Role.CLIENT_DPO])
def test_member_of_one_tenant_opens_nothing_at_the_other(db: None, schema: str, role: Role) -> None:
    user = client_of(Tenant.objects.get(schema_name=schema), role)
    user.defaults["HTTP_HOST"] = f"{OTHER_TENANT[schema]}.cvm.localhost"
    wrong = [line for address in _screens(TENANT_URLS) for line in _is_refused(user, address.path)]
    user.defaults["HTTP_HOST"] = "cvm.localhost"
    wrong += [line for address in _screens(AGENCY_URLS) for line in _is_refused(user, address.path)]
    assert wrong == []


@pytest.mark.parametrize(("schema", "urlconf"), [("acme", TENANT_URLS), ("public", AGENCY_URLS)])
def test_stranger_is_sent_to_the_sign_in(db: None, schema: str, urlconf: str) -> None:
    client = client_of(Tenant.objects.get(schema_name=schema))
    wrong = []
    for address in _screens(urlconf):
        with CaptureQueriesContext(connection) as queries:
            answers = [client.get(address.path), client.post(address.path)]
        sent = [
            answer.headers["Location"].startswith("/accounts/login/")
            for answer in answers
            if answer.status_code != 405
        ]
        if not sent or not all(sent) or _written(queries):
            wrong.append(address.path)
    assert wrong == []


# ---- API ------------------------------------------------------------------------------------

METHODS = ("get", "post", "put", "patch", "delete")


def _methods(address: Address) -> list[str]:
    actions = getattr(address.view, "actions", None)
    names = actions or [name for name in METHODS if hasattr(address.api, name)]
    return [name for name in names if name in METHODS]


def _call(client: Client, method: str, address: Address, token: str = "") -> int:
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data: Any = "{}" if method != "get" else None
    call = getattr(client, method)
    extra = {} if method == "get" else {"content_type": "application/json"}
    answer = call(address.path, data, headers=headers, **extra)
    return int(answer.status_code)


@pytest.mark.parametrize("urlconf", [TENANT_URLS, AGENCY_URLS])
def test_every_method_of_the_api_names_its_scope(urlconf: str) -> None:
    for address in _api(urlconf):
        scopes = getattr(address.api, "scopes", {})
        assert {method.upper() for method in _methods(address)} <= set(scopes), address.path
        assert set(map(str, scopes.values())) <= set(Scope.values), address.path


def _all_but(tenant: Tenant, left_out: str) -> str:
    scopes = [str(scope) for scope in scopes_for(tenant) if str(scope) != left_out]
    _key, token = create_api_key(tenant=tenant, name="walk", scopes=scopes)
    return token


@pytest.mark.parametrize(("schema", "urlconf"), [("acme", TENANT_URLS), ("public", AGENCY_URLS)])
def test_key_without_the_scope_is_refused(db: None, schema: str, urlconf: str) -> None:
    tenant = Tenant.objects.get(schema_name=schema)
    client = Client(HTTP_HOST=host_of(tenant))
    tokens = {str(scope): _all_but(tenant, str(scope)) for scope in scopes_for(tenant)}
    wrong = []
    for address in _api(urlconf):
        for method in _methods(address):
            needed = str(address.api.scopes[method.upper()])
            found = {
                "no key": _call(client, method, address),
                "other scopes": _call(client, method, address, tokens[needed]),
            }
            if found != {"no key": 401, "other scopes": 403}:
                wrong.append((address.path, method, found))
    assert wrong == []


def test_key_of_one_tenant_is_unknown_at_the_other(db: None) -> None:
    acme = Tenant.objects.get(schema_name="acme")
    token = _all_but(acme, "nothing")
    client = Client(HTTP_HOST="beta.cvm.localhost")
    wrong = [
        (address.path, method, status)
        for address in _api(TENANT_URLS)
        for method in _methods(address)
        if (status := _call(client, method, address, token)) != 401
    ]
    assert wrong == []
    assert ApiKey.objects.get().last_used_at is None


def test_session_opens_no_api(db: None) -> None:
    acme = Tenant.objects.get(schema_name="acme")
    client = client_of(acme, Role.AGENCY_OWNER)
    statuses = {_call(client, "get", each) for each in _api(TENANT_URLS) if "get" in _methods(each)}
    assert statuses == {401}
