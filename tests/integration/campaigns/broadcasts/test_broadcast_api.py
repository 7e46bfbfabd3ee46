"""Broadcasts over the API: scopes, words of refusal, the same numbers."""

import json
from typing import Any

from django_tenants.utils import schema_context

from campaigns.broadcasts.models import Broadcast
from campaigns.delivery import services as sending
from tenants.tenancy.models import Tenant
from tests.factories.api import ApiClient
from tests.factories.campaigns import FakeChannel, make_broadcast, make_people


def body(response: Any) -> Any:
    return json.loads(response.content) if response.content else None


def test_from_draft_to_sent(acme: Tenant) -> None:
    make_people(1, 100)
    ready = make_broadcast()
    api = ApiClient(acme)
    assert ready.segment is not None
    assert ready.template is not None
    assert ready.sender is not None
    made = api.post(
        "broadcasts/",
        {"name": "By machine", "segment": str(ready.segment.public_id),
         "template": str(ready.template.public_id), "sender": ready.sender.email,
         "control_bp": 2000, "content_cost": 5000},
    )  # fmt: skip
    assert made.status_code == 201
    answer = body(made)
    assert (answer["status"], answer["control_bp"], answer["counts"]) == ("draft", 2000, None)
    path = f"broadcasts/{answer['id']}/"
    estimate = body(api.post(f"{path}estimate/", {}))
    assert (estimate["segment"], estimate["will_receive"]) == (100, 72)
    assert estimate["reasons"] == {"C_GLOBAL": 10, "C_LOCAL": 18}
    assert estimate["power"]["is_hopeless"] is True
    refused = api.post(f"{path}start/", {"expected": 99})
    assert (refused.status_code, body(refused)["code"]) == (409, "numbers_changed")
    started = body(api.post(f"{path}start/", {"expected": 72}))
    assert started["status"] == "sending"
    assert started["counts"]["waiting"] == 100
    assert body(api.post(f"{path}pause/", {}))["status"] == "paused"
    assert body(api.post(f"{path}resume/", {}))["status"] == "sending"
    with schema_context("public"):
        sending.work(FakeChannel(), seconds=20)
    done = body(api.get(path))
    assert done["status"] == "sent"
    assert (done["counts"]["sent"], done["counts"]["suppressed"]) == (72, 28)
    assert body(api.post(f"{path}cancel/", {}))["code"] == "wrong_state"
    listed = body(api.get("broadcasts/", status="sent"))["results"]
    assert [each["id"] for each in listed] == [answer["id"]]


def test_drafts_change_and_go(acme: Tenant) -> None:
    api = ApiClient(acme)
    path = f"broadcasts/{body(api.post('broadcasts/', {'name': 'One'}))['id']}/"
    assert body(api.send("PATCH", path, {"name": "Two"}))["name"] == "Two"
    assert api.send("DELETE", path, {}).status_code == 204
    assert api.get(path).status_code == 404


def test_unknown_ids_and_bad_values_are_named(acme: Tenant) -> None:
    api = ApiClient(acme)
    unknown = "00000000-0000-7000-8000-000000000001"
    for values, pointer in (
        ({"name": "x", "segment": unknown}, "/segment"),
        ({"name": "x", "sender": "nobody@example.com"}, "/sender"),
        ({"name": "x", "control_bp": 6000}, "/control_bp"),
        ({}, "/name"),
    ):
        answer = api.post("broadcasts/", values)
        assert answer.status_code == 422
        assert [each["pointer"] for each in body(answer)["errors"]] == [pointer]
    assert not Broadcast.objects.exists()


def test_a_key_that_may_write_may_not_send(acme: Tenant) -> None:
    make_people(1, 10)
    draft = make_broadcast()
    writer = ApiClient(acme, ["broadcasts:read", "broadcasts:write"])
    assert writer.post(f"broadcasts/{draft.public_id}/start/", {}).status_code == 403
    reader = ApiClient(acme, ["broadcasts:read"])
    assert reader.post("broadcasts/", {"name": "x"}).status_code == 403
    assert body(reader.get("templates/"))["results"][0]["name"] == "Sale"


def test_a_neighbour_s_key_sees_nothing(acme: Tenant, beta: Tenant) -> None:
    draft = make_broadcast()
    api = ApiClient(beta)
    assert api.get(f"broadcasts/{draft.public_id}/").status_code == 404
    assert body(api.get("broadcasts/"))["results"] == []
