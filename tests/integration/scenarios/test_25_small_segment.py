"""Scenario 25, small segment.

Given a segment of 7 people, When agency staff view it, Then "<10" is shown and drill-down is
disabled. And asking with and without one person tells the agency nothing about that person.
"""

from typing import Any

import pytest

from analytics.events.models import CustomerStats
from campaigns.segments import services
from cvm_platform.common.sight import coarse
from tenants.accounts.contracts import Role
from tenants.accounts.services import By, create_api_key
from tenants.customers.models import Customer
from tests.factories.accounts import client_of, make_user

AGENCY = [Role.AGENCY_OWNER, Role.AGENCY_MANAGER, Role.AGENCY_MARKETER, Role.AGENCY_ANALYST,
          Role.AGENCY_OPERATOR]  # fmt: skip
BIG = {"leaf": "number", "field": "orders", "is": {"op": "ge", "value": 21}}


def tree_of(*nodes: dict[str, Any], key: str = "all") -> dict[str, Any]:
    return {"schema_version": 1, "root": {key: list(nodes)}}


def only(number: int) -> dict[str, Any]:
    """A rare attribute: exactly one person has so much revenue."""
    return {"leaf": "number", "field": "revenue", "is": {"op": "eq", "value": number * 1000}}


@pytest.fixture
def base(acme: Any) -> Any:
    """Sixty customers; the n-th has n orders and n thousand of revenue."""
    for number in range(1, 61):
        Customer.objects.create(id=number, city="Тверь")
        CustomerStats.objects.create(
            customer_id=number, orders=number, revenue=number * 1000, margin=number
        )
    return acme


def shown(client: Any, tree: dict[str, Any], name: str) -> tuple[str, Any]:
    segment = services.create_segment(name=name, tree=tree)
    services.refresh_segment(segment.pk)
    page = client.get(f"/segments/{segment.public_id}/")
    builder = client.get(f"/segments/{segment.public_id}/edit/")
    if builder.status_code == 200:
        assert builder.context["count_text"] == page.context["count_text"]
    reach = page.context["reach"]
    return page.context["count_text"], reach and (reach.email, reach.revenue, reach.margin)


@pytest.mark.parametrize("role", AGENCY)
def test_seven_people_are_fewer_than_ten(base: Any, role: Role) -> None:
    seven = {"leaf": "number", "field": "orders", "is": {"op": "ge", "value": 54}}
    client = client_of(base, role)
    assert shown(client, tree_of(seven), "Семь") == ("<10", None)
    listed = client.get("/segments/").context["rows"]
    assert [row[2] for row in listed] == ["<10"]
    own, _reach = shown(client_of(base, Role.CLIENT_MARKETER), tree_of(seven), "Своя компания")
    assert own == "7"


def test_a_key_of_the_agency_has_no_list_of_members(base: Any) -> None:
    segment = services.create_segment(name="Все", tree=tree_of())
    services.refresh_segment(segment.pk)
    user = make_user(base, Role.AGENCY_OWNER)
    for maker, count, status in ((user, 60, 403), (None, 60, 200)):
        _key, token = create_api_key(tenant=base, name="k", scopes=["segments:read"], by=By(maker))
        client = client_of(base)
        headers = {"Authorization": f"Bearer {token}"}
        got = client.get(f"/api/v1/segments/{segment.public_id}/members/", headers=headers)
        assert got.status_code == status
        body = client.get(f"/api/v1/segments/{segment.public_id}/", headers=headers).json()
        assert body["count"] == count


@pytest.mark.parametrize("person", [1, 7, 20, 21, 34, 60])
def test_with_and_without_one_person_the_agency_gets_one_answer(base: Any, person: int) -> None:
    """Persons 1 to 20 are not in A, the others are: nothing that is shown depends on it."""
    client = client_of(base, Role.AGENCY_MARKETER)
    rules = {
        "A": tree_of(BIG),
        "A and not one": tree_of(BIG, {"not": [only(person)]}),
        "A or one": tree_of(BIG, only(person), key="any"),
        "A and not one, twice": tree_of(BIG, {"not": [only(person)]}, {"not": [only(person)]}),
    }
    answers = {name: shown(client, tree, name) for name, tree in rules.items()}
    assert set(answers.values()) == {("≈\xa040", (0, 0, 0))}


def test_nobody_and_one_look_alike(base: Any) -> None:
    client = client_of(base, Role.AGENCY_MARKETER)
    assert shown(client, tree_of(only(7)), "один") == shown(client, tree_of(only(999)), "никто")


def test_pairs_that_differ_by_one_mostly_look_the_same_and_are_never_exact() -> None:
    same = [coarse(n) == coarse(n + 1) for n in range(10, 5000)]
    assert sum(same) / len(same) > 0.9
    assert coarse(9) == coarse(1) == coarse(0) == 0
    assert coarse(10) == 10
    exact = [n for n in range(10, 5000) if coarse(n) == n]
    assert all(n % 10 == 0 for n in exact)
