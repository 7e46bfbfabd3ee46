"""Keys, scopes, problems, pages: what every endpoint has in common."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django_tenants.utils import schema_context

from cvm_platform.common import clock
from tenants.accounts.contracts import Scope
from tenants.accounts.models import ApiKey
from tenants.customers.models import Customer
from tenants.tenancy.models import Tenant
from tests.factories.api import ApiClient

BODY = {"customers": [{"external_id": "c1", "email": "a@mail.example"}]}


def make_customers(count: int) -> None:
    Customer.objects.bulk_create([Customer(id=n) for n in range(1, count + 1)])


def assert_problem(response: Any, status: int, code: str) -> None:
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    body = response.json()
    assert (body["status"], body["code"], body["type"]) == (status, code, f"urn:cvm:problem:{code}")


@pytest.mark.parametrize("header", ["", "Bearer x", "Bearer x.y", "Basic eDp5", "Bearer cvm_1."])
def test_without_a_valid_key_nothing_is_told(acme: Tenant, header: str) -> None:
    headers = {"Authorization": header} if header else {}
    response = Client(HTTP_HOST="acme.cvm.localhost").get("/api/v1/customers/", headers=headers)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="api"'
    assert response.headers["Content-Type"] == "application/problem+json"


def test_a_key_of_one_tenant_is_a_stranger_at_another(acme: Tenant, beta: Tenant) -> None:
    api = ApiClient(beta)
    response = Client(HTTP_HOST="acme.cvm.localhost").post(
        "/api/v1/customers/", BODY, content_type="application/json",
        headers={"Authorization": api.authorization},
    )  # fmt: skip
    assert response.status_code == 401
    assert Customer.objects.count() == 0


@pytest.mark.parametrize(
    "changed",
    [
        {"revoked_at": clock.now()},
        {"expires_at": clock.now() - timedelta(seconds=1)},
        {"networks": ["10.1.0.0/16"]},
    ],
    ids=["revoked", "expired", "network"],
)
def test_a_key_that_is_over_or_far_away_is_refused(acme: Tenant, changed: dict) -> None:
    assert ApiClient(acme, **changed).get("customers/").status_code == 401


def test_a_key_from_its_network_is_taken_and_its_use_is_noted(acme: Tenant) -> None:
    api = ApiClient(acme, networks=["127.0.0.0/8"])
    assert api.get("customers/").status_code == 200
    with schema_context("public"):
        key = ApiKey.objects.get(pk=api.key.pk)
    assert key.last_used_at is not None
    assert key.last_used_ip == "127.0.0.1"


@pytest.mark.parametrize("scope", [scope for scope in Scope.values if scope != "customers:write"])
def test_writing_needs_its_own_scope(acme: Tenant, scope: str) -> None:
    assert_problem(ApiClient(acme, [scope]).post("customers/", BODY), 403, "permission_denied")
    assert Customer.objects.count() == 0


def test_bad_input_names_its_place(acme: Tenant) -> None:
    api = ApiClient(acme)
    assert_problem(api.post("customers/", "{"), 422, "invalid_json")
    response = api.post("customers/", {"customers": [{"email": 5}]})
    assert_problem(response, 422, "invalid_input")
    assert response.json()["errors"][0]["pointer"] == "/customers/0/email"
    response = api.post("events/", {"events": [{"customer": {}, "name": "Visit", "ts": "x"}]})
    assert response.status_code == 422
    assert Customer.objects.count() == 0


@pytest.mark.parametrize(
    "body",
    [
        b'{"events": [{"properties": {"a": ' + b"[" * 5000 + b"]" * 5000 + b"}}]}",
        b'{"events": [{"properties": {"a": "\xff"}}]}',
        b"\xff",
        b"",
    ],
    ids=["deep", "not UTF-8 inside", "not UTF-8", "empty"],
)
def test_what_is_no_json_is_said_to_be_none(acme: Tenant, body: bytes) -> None:
    assert_problem(ApiClient(acme).post("events/", body), 422, "invalid_json")


@pytest.mark.parametrize("field", ["key", "category", "properties"])
def test_a_zero_character_is_refused_and_its_look_alike_is_not(acme: Tenant, field: str) -> None:
    def body(text: str) -> dict[str, object]:
        value = {"page": text} if field == "properties" else text
        return {"events": [{"customer": {}, "name": "visit", "ts": clock.now(), field: value}]}

    api = ApiClient(acme)
    assert_problem(api.post("events/", body("a\0b")), 422, "invalid_input")
    assert api.post("events/", body(r"a\u0000b")).status_code == 202


@pytest.mark.parametrize("name", ["Visit", "1visit", "visit\n", "page view"])
def test_a_bad_name_of_an_event_is_told_by_its_place(acme: Tenant, name: str) -> None:
    good = {"customer": {}, "name": "visit", "ts": clock.now()}
    response = ApiClient(acme).post("events/", {"events": [good, {**good, "name": name}]})
    assert_problem(response, 422, "invalid_input")
    assert response.json()["errors"][0]["pointer"] == "/events/1/name"


def test_unknown_addresses_and_methods_are_problems_too(acme: Tenant) -> None:
    api = ApiClient(acme)
    assert_problem(api.get("customers/0192f3c4-77ab-7000-8000-000000000000/"), 404, "not_found")
    assert api.send("DELETE", "customers/", "").status_code in {403, 405}


def test_pages_lead_through_everybody_once(acme: Tenant) -> None:
    make_customers(25)
    api = ApiClient(acme)
    seen, query = [], {"limit": 10}
    for _step in range(4):
        body = api.get("customers/", **query).json()
        seen += [row["id"] for row in body["results"]]
        if not body["next"]:
            break
        query["cursor"] = body["next"].split("cursor=")[1].split("&")[0].replace("%3D", "=")
    assert len(seen) == len(set(seen)) == 25


def test_a_repeated_write_with_a_key_gets_the_same_answer(acme: Tenant) -> None:
    api = ApiClient(acme)
    first = api.post("customers/", BODY, **{"Idempotency-Key": "k"})
    second = api.post("customers/", BODY, **{"Idempotency-Key": "k"})
    assert first.json()["created"] == second.json()["created"] == 1
    assert second.headers["Idempotent-Replayed"] == "true"
    assert Customer.objects.count() == 1


def test_too_many_requests_are_told_when_to_come_back(
    acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tenants.accounts.authentication import ApiKeyThrottle

    monkeypatch.setattr(ApiKeyThrottle, "THROTTLE_RATES", {"api_key": "2/min"})
    api = ApiClient(acme)
    codes = [api.get("customers/").status_code for _step in range(3)]
    assert codes == [200, 200, 429]
    assert int(api.get("customers/").headers["Retry-After"]) >= 1


def test_the_schema_is_valid_openapi_31(db: None) -> None:
    from drf_spectacular.generators import SchemaGenerator
    from drf_spectacular.validation import validate_schema

    schema = SchemaGenerator(api_version="v1").get_schema(request=None, public=True)
    assert schema["openapi"] == "3.1.0"
    assert {"/api/v1/customers/", "/api/v1/events/", "/api/v1/orders/"} <= set(schema["paths"])
    validate_schema(schema)


def test_the_schema_is_served_to_everybody(acme: Tenant) -> None:
    response = Client(HTTP_HOST="acme.cvm.localhost").get("/api/v1/schema/")
    assert response.status_code == 200
    assert b"openapi: 3.1.0" in response.content
