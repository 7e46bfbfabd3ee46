"""Segments over the API: scopes, errors by node, counts, members by cursor, two companies."""

from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest
from django_tenants.utils import tenant_context

from analytics.events.models import CustomerStats
from campaigns.segments import published, services
from campaigns.segments.models import Segment
from tenants.accounts.contracts import Scope
from tenants.customers.models import Customer
from tests.factories.api import ApiClient

GOOD: dict[str, Any] = {"leaf": "number", "field": "orders", "is": {"op": "ge", "value": 2}}


def _tree(*nodes: Any) -> dict[str, Any]:
    return {"schema_version": 1, "root": {"all": list(nodes)}}


@pytest.fixture
def base(acme: Any) -> Any:
    for number in range(1, 6):
        Customer.objects.create(id=number, public_id=UUID(int=number))
        CustomerStats.objects.create(customer_id=number, orders=number)
    return acme


@pytest.fixture
def api(base: Any) -> ApiClient:
    return ApiClient(base)


def test_create_read_change_and_archive(api: ApiClient) -> None:
    created = api.post("segments/", {"name": "Имя", "tree": _tree(GOOD)})
    assert created.status_code == 201
    body = created.json()
    assert (body["name"], body["version"], body["status"], body["count"]) == ("Имя", 1, "new", None)
    assert body["tree"] == _tree(GOOD)
    url = f"segments/{body['id']}/"
    assert api.get(url).json()["id"] == body["id"]
    changed = api.send("PATCH", url, {"tree": _tree(), "version": 1})
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    conflict = api.send("PATCH", url, {"tree": _tree(GOOD), "version": 1})
    assert (conflict.status_code, conflict.json()["code"]) == (409, "version_conflict")
    assert [row["name"] for row in api.get("segments/").json()["results"]] == ["Имя"]
    archived = api.send("PATCH", url, {"is_archived": True})
    assert archived.json()["is_archived"] is True
    assert api.get("segments/").json()["results"] == []


def test_mistakes_are_told_by_node(api: ApiClient) -> None:
    tree = _tree(GOOD, {"any": [GOOD | {"is": {"op": "ge", "value": "2"}}, {"leaf": "x"}]})
    answer = api.post("segments/", {"name": "Имя", "tree": tree})
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["code"] == "invalid_rule"
    assert [error["pointer"] for error in body["errors"]] == [
        "/tree/root/all/1/any/0/is", "/tree/root/all/1/any/1/leaf",
    ]  # fmt: skip
    assert Segment.objects.count() == 0


@pytest.mark.parametrize("body", [{}, {"name": "x"}, {"name": "", "tree": {}}, {"tree": _tree()}])
def test_missing_fields(api: ApiClient, body: dict[str, Any]) -> None:
    assert api.post("segments/", body).status_code == 422


def test_a_body_nested_without_end_is_refused(api: ApiClient) -> None:
    deep = '{"name": "x", "tree": ' + "[" * 100_000 + "]" * 100_000 + "}"
    answer = api.send("POST", "segments/", deep)
    assert answer.status_code in {400, 422}
    nested: dict[str, Any] = GOOD
    for _ in range(200):
        nested = {"all": [nested]}
    answer = api.post("segments/", {"name": "x", "tree": _tree(nested)})
    assert answer.status_code == 422
    assert len(answer.json()["errors"]) == 1


def test_count_without_keeping(api: ApiClient) -> None:
    answer = api.post("segments/count/", {"tree": _tree(GOOD)}).json()
    assert (answer["count"], answer["base"], answer["is_estimate"]) == (4, 5, False)
    assert answer["milliseconds"] >= 0
    wrong = api.post("segments/count/", {"tree": _tree({"leaf": "x"})})
    assert wrong.status_code == 422
    assert Segment.objects.count() == 0


def test_refresh_and_members_by_cursor(
    api: ApiClient, django_capture_on_commit_callbacks: Any
) -> None:
    segment = services.create_segment(name="Имя", tree=_tree(GOOD))
    url = f"segments/{segment.public_id}/"
    with django_capture_on_commit_callbacks(execute=True):
        answer = api.post(f"{url}refresh/", {})
        assert (answer.status_code, answer.json()["status"]) == (202, "refreshing")
    assert api.get(url).json()["count"] == 4
    first = api.get(f"{url}members/", limit=3).json()
    assert [row["customer"] for row in first["results"]] == [
        str(UUID(int=number)) for number in (2, 3, 4)
    ]
    cursor = parse_qs(urlsplit(first["next"]).query)["cursor"][0]
    second = api.get(f"{url}members/", limit=3, cursor=cursor).json()
    assert [row["customer"] for row in second["results"]] == [str(UUID(int=5))]
    assert second["next"] is None


def test_the_schema_is_served(api: ApiClient) -> None:
    assert api.get("segments/schema/").json() == published.build_schema()


def test_scopes(base: Any) -> None:
    segment = services.create_segment(name="Имя", tree=_tree(GOOD))
    url = f"segments/{segment.public_id}/"
    reader = ApiClient(base, [Scope.SEGMENTS_READ])
    assert reader.get("segments/").status_code == 200
    assert reader.get(f"{url}members/").status_code == 200
    assert reader.post("segments/", {"name": "x", "tree": _tree()}).status_code == 403
    assert reader.send("PATCH", url, {"name": "y"}).status_code == 403
    assert reader.post(f"{url}refresh/", {}).status_code == 403
    stranger = ApiClient(base, [Scope.EVENTS_WRITE])
    for path in ("segments/", url, f"{url}members/", "segments/schema/"):
        assert stranger.get(path).status_code == 403


def test_a_segment_of_another_company_is_not_there(api: ApiClient, beta: Any) -> None:
    with tenant_context(beta):
        foreign = services.create_segment(name="Чужой", tree=_tree(GOOD))
    for path in ("", "members/"):
        assert api.get(f"segments/{foreign.public_id}/{path}").status_code == 404
    assert api.send("PATCH", f"segments/{foreign.public_id}/", {"name": "x"}).status_code == 404
    assert api.post(f"segments/{uuid4()}/refresh/", {}).status_code == 404
    assert api.get("segments/").json()["results"] == []
    tree = _tree({"leaf": "segment", "segment": str(foreign.public_id)})
    answer = api.post("segments/", {"name": "Имя", "tree": tree})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/tree/root/all/0/segment"


def test_an_idempotency_key_makes_one_segment(api: ApiClient) -> None:
    body = {"name": "Имя", "tree": _tree()}
    first = api.post("segments/", body, **{"Idempotency-Key": "k1"})
    again = api.post("segments/", body, **{"Idempotency-Key": "k1"})
    assert first.json()["id"] == again.json()["id"]
    assert Segment.objects.count() == 1
