"""Companies are opened by the agency's key, at the agency's host, and nowhere else."""

import pytest
from django.core.management import CommandError, call_command
from django_tenants.utils import schema_context

from tenants.tenancy.models import Domain, Tenant
from tests.factories.api import ApiClient

BODY = {"slug": "tea-house", "name": "Чайный дом", "plan": "advanced"}


@pytest.fixture
def agency(db: None) -> ApiClient:
    return ApiClient(Tenant.objects.get(schema_name="public"))


def test_a_company_is_opened_with_its_schema(agency: ApiClient) -> None:
    response = agency.post("companies/", BODY)
    assert response.status_code == 201
    assert response.json()["domain"] == "tea-house.cvm.localhost"
    assert Domain.objects.get(domain="tea-house.cvm.localhost").tenant.name == "Чайный дом"
    names = [row["name"] for row in agency.get("companies/").json()]
    assert names == ["Acme", "Beta", "Чайный дом"]


@pytest.mark.parametrize(
    ("changed", "status", "field"),
    [({"slug": "ы"}, 422, "/slug"), ({"slug": "acme"}, 409, "/slug"),
     ({"timezone": "Mars"}, 422, "/timezone"), ({"currency": "rubles"}, 422, "/currency"),
     ({"plan": "free"}, 422, "/plan")],
)  # fmt: skip
def test_bad_input_is_named_and_nothing_is_made(
    agency: ApiClient, changed: dict[str, str], status: int, field: str
) -> None:
    response = agency.post("companies/", {**BODY, **changed})
    assert response.status_code == status
    assert [row["pointer"] for row in response.json()["errors"]] == [field]
    assert Tenant.objects.filter(kind=Tenant.Kind.CLIENT).count() == 2


def test_a_companys_key_does_not_open_companies(acme: Tenant) -> None:
    assert ApiClient(acme).post("companies/", BODY).status_code == 404
    with schema_context("public"):
        assert Tenant.objects.filter(kind=Tenant.Kind.CLIENT).count() == 2


def test_the_command_makes_a_key_that_works(
    acme: Tenant, capsys: pytest.CaptureFixture[str]
) -> None:
    with schema_context("public"):
        call_command("create_api_key", "acme", "--name", "till", "--scope", "customers:read")
        with pytest.raises(CommandError, match="no tenant"):
            call_command("create_api_key", "gone", "--name", "x", "--scope", "customers:read")
    token = capsys.readouterr().out.strip()
    api = ApiClient(acme)
    api.authorization = f"Bearer {token}"
    assert api.get("customers/").status_code == 200
    assert api.get("orders/").status_code == 403
