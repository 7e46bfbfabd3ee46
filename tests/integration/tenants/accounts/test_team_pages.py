"""The team's list: found, narrowed, sorted, in pages."""

import re

import pytest

from tenants.accounts.contracts import Role
from tenants.tenancy.models import Tenant
from tests.factories.accounts import client_of, make_user


def names(html: str) -> list[str]:
    found = re.findall(r'<span class="nm">([^<]+)</span>', html)
    return [name for name in found if name != "Acme"]  # of the company in the head


@pytest.fixture
def team(acme: Tenant) -> list[str]:
    people = [("Борис", Role.CLIENT_MARKETER), ("Анна", Role.VIEWER), ("Вера", Role.CLIENT_DPO)]
    for name, role in people:
        user = make_user(acme, role)
        user.name = name
        user.save()
    return [name for name, _role in people]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=анн", ["Анна"]),
        ("role=client_dpo", ["Вера"]),
        ("role=client_finance", []),
        ("sort=name&q=а", ["Анна", "Вера"]),
    ],
)
def test_the_list_is_narrowed_and_sorted(
    acme: Tenant, team: list[str], query: str, expected: list[str]
) -> None:
    client = client_of(acme, Role.AGENCY_OWNER)
    found = [name for name in names(client.get(f"/team/?{query}").content.decode()) if name in team]
    assert found == expected


def test_a_fragment_for_a_script_and_a_page_without(acme: Tenant, team: list[str]) -> None:
    client = client_of(acme, Role.AGENCY_OWNER)
    fragment = client.get("/team/?q=Вера", headers={"HX-Request": "true"}).content.decode()
    assert "<h1>" not in fragment
    assert names(fragment) == ["Вера"]
    assert "<h1>" in client.get("/team/?q=Вера").content.decode()


def test_pages_of_a_big_team(acme: Tenant) -> None:
    for _number in range(55):
        make_user(acme, Role.VIEWER)
    client = client_of(acme, Role.AGENCY_OWNER)
    seen = [
        name
        for page in (1, 2)
        for name in names(client.get(f"/team/?page={page}").content.decode())
    ]
    assert len(seen) == len(set(seen)) == 56
