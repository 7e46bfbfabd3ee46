"""Counts and starts in the background: seen, cancelled, failed, repeated; nothing half done."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django_tenants.utils import tenant_context

from campaigns.broadcasts import audience, services
from campaigns.broadcasts.models import Broadcast, Preparation
from campaigns.delivery.models import Dispatch
from campaigns.experiments.models import Layer
from cvm_platform.common import clock
from cvm_platform.common.errors import Conflict, InvalidInput
from tenants.accounts.contracts import Role
from tenants.audit.models import AuditEntry
from tenants.audit.services import Actor
from tenants.tenancy.models import Tenant
from tests.factories.accounts import client_of
from tests.factories.api import ApiClient
from tests.factories.campaigns import make_broadcast, make_people

ACTOR = Actor("user:7", "agency_marketer", "10.0.0.1", 7)


@pytest.fixture(autouse=True)
def _large_company(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("campaigns.broadcasts.selectors.AT_ONCE", 99)


@pytest.fixture
def draft(acme: Tenant) -> Broadcast:
    make_people(1, 100)
    return make_broadcast(control_bp=2000)


def state() -> tuple[str, str]:
    """Of the broadcast and of its last preparation."""
    broadcast = Broadcast.objects.get()
    return broadcast.status, broadcast.preparations.latest("pk").status


def run_last() -> bool:
    return services.run_preparation(preparation_id=Preparation.objects.latest("pk").pk)


def nothing_is_started() -> bool:
    return not (Dispatch.objects.exists() or Layer.objects.exclude(code="global").exists())


def test_a_small_company_waits_for_nobody(
    draft: Broadcast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("campaigns.broadcasts.selectors.AT_ONCE", 100)
    counted = services.request_estimate(public_id=draft.public_id)
    assert (counted.status, counted.estimate["will_receive"]) == ("draft", 72)
    started = services.request_start(public_id=draft.public_id, expected=72)
    assert started.status == "sending"
    assert not Preparation.objects.exists()


def test_a_large_audience_is_counted_by_a_worker(
    draft: Broadcast, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks() as tasks:
        asked = services.request_estimate(public_id=draft.public_id)
    assert asked.status == "preparing"
    assert asked.estimate == {}
    for forbidden in (
        lambda: services.update_broadcast(public_id=draft.public_id, name="Other"),
        lambda: services.delete_broadcast(public_id=draft.public_id),
        lambda: services.request_estimate(public_id=draft.public_id),
        lambda: services.request_start(public_id=draft.public_id),
        lambda: services.start_broadcast(public_id=draft.public_id),
    ):
        with pytest.raises(Conflict):
            forbidden()
    for task in tasks:
        task()
    done = Broadcast.objects.get()
    assert state() == ("draft", "done")
    assert (done.estimate["segment"], done.estimate["will_receive"]) == (100, 72)
    assert nothing_is_started()


def test_a_start_is_written_down_as_who_asked_for_it(
    draft: Broadcast, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        services.request_start(public_id=draft.public_id, actor=ACTOR, expected=72)
    assert state() == ("sending", "done")
    assert Dispatch.objects.get().audience == 100
    entries = AuditEntry.objects.filter(action__startswith="broadcast.start").order_by("id")
    assert [(each.action, each.actor) for each in entries] == [
        ("broadcast.start_requested", "user:7"), ("broadcast.started", "user:7"),
    ]  # fmt: skip
    assert run_last() is False
    assert Dispatch.objects.count() == 1


def test_numbers_that_changed_are_told_on_the_draft(
    draft: Broadcast, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        services.request_start(public_id=draft.public_id, expected=71)
    assert state() == ("draft", "failed")
    failed = Preparation.objects.get()
    assert failed.error_code == "numbers_changed"
    # read by the agency too, which does not see exact numbers
    assert "72" not in failed.error
    assert Broadcast.objects.get().estimate["will_receive"] == 72
    assert nothing_is_started()


def test_what_is_missing_is_said_before_anything_is_prepared(draft: Broadcast) -> None:
    services.update_broadcast(public_id=draft.public_id, sender_id=None)
    with pytest.raises(InvalidInput):
        services.request_start(public_id=draft.public_id)
    assert Broadcast.objects.get().status == "draft"


def test_cancelled_before_a_worker_took_it(draft: Broadcast) -> None:
    services.request_start(public_id=draft.public_id, expected=72)
    assert services.cancel_broadcast(public_id=draft.public_id).status == "draft"
    assert state() == ("draft", "cancelled")
    assert run_last() is False
    assert nothing_is_started()
    with pytest.raises(Conflict) as refusal:
        services.cancel_preparation(public_id=draft.public_id)
    assert refusal.value.code == "wrong_state"


@pytest.mark.parametrize("end", ["cancelled", "lost"])
def test_a_worker_that_is_not_wanted_any_more_leaves_nothing(
    draft: Broadcast, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    services.request_start(public_id=draft.public_id, expected=72)
    judge = audience.judge

    def meanwhile(*args: Any, **kwargs: Any) -> None:
        judge(*args, **kwargs)
        if end == "cancelled":
            services.cancel_preparation(public_id=draft.public_id)
        else:  # another worker has it: this one was taken for dead
            Preparation.objects.update(lease_owner="somebody else")

    monkeypatch.setattr(audience, "judge", meanwhile)
    assert run_last() is True
    # the cancellation, made here within the worker's own transaction, is undone with it
    assert Broadcast.objects.get().status == "preparing"
    assert nothing_is_started()


def test_a_dead_worker_s_work_is_given_to_another(
    draft: Broadcast, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    services.request_start(public_id=draft.public_id, expected=72)

    def die(*_: Any, **__: Any) -> None:
        raise OperationalError("the server closed the connection")

    with monkeypatch.context() as patched:
        patched.setattr(audience, "judge", die)
        with pytest.raises(OperationalError):
            run_last()
    assert state() == ("preparing", "active")
    assert run_last() is False  # the lease lasts
    assert services.reap_preparations() == 0
    Preparation.objects.update(lease_until=clock.now() - timedelta(seconds=1))
    with django_capture_on_commit_callbacks(execute=True):
        assert services.reap_preparations() == 1
    assert state() == ("sending", "done")


def test_work_that_no_worker_was_told_of_is_found(draft: Broadcast) -> None:
    services.request_estimate(public_id=draft.public_id)
    assert services.reap_preparations() == 0
    Preparation.objects.update(created_at=clock.now() - timedelta(minutes=2))
    assert services.reap_preparations() == 1


def test_what_kills_every_worker_ends(draft: Broadcast) -> None:
    services.request_estimate(public_id=draft.public_id)
    Preparation.objects.update(attempts=3)
    assert run_last() is True
    assert state() == ("draft", "failed")
    assert Preparation.objects.get().error_code == "broke_off"


def test_an_error_of_ours_is_raised_and_told(
    draft: Broadcast, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.request_start(public_id=draft.public_id)
    monkeypatch.setattr(audience, "count_reasons", lambda _draw: {}["no such key"])
    with pytest.raises(KeyError):
        run_last()
    assert state() == ("draft", "failed")
    assert Preparation.objects.get().error_code == "internal"
    assert nothing_is_started()


def test_the_neighbour_has_no_trace_and_his_clock_finds_nothing(
    draft: Broadcast, beta: Tenant
) -> None:
    services.request_start(public_id=draft.public_id)
    Preparation.objects.update(created_at=clock.now() - timedelta(minutes=2))
    number = Preparation.objects.get().pk
    with tenant_context(beta):
        assert services.reap_preparations() == 0
        assert services.run_preparation(preparation_id=number) is False
        assert not Preparation.objects.exists()
    assert state() == ("preparing", "active")


# ---- the page ------------------------------------------------------------------------------


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def url(broadcast: Broadcast, action: str = "") -> str:
    return f"/broadcasts/{broadcast.public_id}/{action}"


@pytest.fixture
def client(acme: Tenant) -> Client:
    return client_of(acme, Role.CLIENT_MARKETER)


def test_the_page_shows_how_far_it_is_and_goes_on_by_itself(
    client: Client, draft: Broadcast, django_capture_on_commit_callbacks: Any
) -> None:
    asked = client.post(url(draft, "estimate/"))
    assert asked["Location"] == url(draft)
    page = text(client.get(url(draft)))
    assert 'hx-trigger="every 1s"' in page
    assert url(draft, "preparing/cancel/") in page
    assert "<noscript>" in page
    piece = client.get(url(draft, "preparing/"), headers={"HX-Request": "true"})
    assert text(piece).lstrip().startswith('<div id="preparing"')
    Preparation.objects.update(phase="draw")
    later = text(client.get(url(draft, "preparing/"), headers={"HX-Request": "true"}))
    assert later != text(piece)
    assert run_last()
    done = client.get(url(draft, "preparing/"), headers={"HX-Request": "true"})
    assert done["HX-Redirect"] == url(draft)
    assert client.get(url(draft, "preparing/"))["Location"] == url(draft)
    assert f'href="{url(draft, "start/")}"' in text(client.get(url(draft)))


def test_fresh_numbers_are_asked_about_as_they_are(client: Client, draft: Broadcast) -> None:
    assert client.get(url(draft, "start/"))["Location"] == url(draft)  # counts first
    assert run_last()
    question = text(client.get(url(draft, "start/")))
    assert 'name="expected" value="72"' in question
    assert Broadcast.objects.get().status == "draft"
    assert client.post(url(draft, "start/"), {"expected": "72"})["Location"] == url(draft)
    assert client.post(url(draft, "start/"), {"expected": "72"})["Location"] == url(draft)
    assert Preparation.objects.filter(kind="start").count() == 1
    assert run_last()
    assert 'id="progress"' in text(client.get(url(draft)))


def test_a_failure_is_on_the_page_until_the_draft_changes(client: Client, draft: Broadcast) -> None:
    client.post(url(draft, "start/"), {"expected": "5"})
    assert run_last()
    assert 'role="alert"' in text(client.get(url(draft)))
    services.update_broadcast(public_id=draft.public_id, name="Renamed")
    assert 'role="alert"' not in text(client.get(url(draft)))


def test_cancel_by_a_button_and_only_by_who_may(
    acme: Tenant, client: Client, draft: Broadcast
) -> None:
    client.post(url(draft, "start/"), {"expected": "72"})
    viewer = client_of(acme, Role.VIEWER)
    assert url(draft, "preparing/cancel/") not in text(viewer.get(url(draft)))
    assert viewer.post(url(draft, "preparing/cancel/")).status_code == 403
    assert client.get(url(draft, "cancel/"))["Location"] == url(draft)
    client.post(url(draft, "preparing/cancel/"))
    assert state() == ("draft", "cancelled")


def test_the_list_knows_the_state(client: Client, draft: Broadcast) -> None:
    services.request_estimate(public_id=draft.public_id)
    assert draft.name in text(client.get("/broadcasts/?status=preparing"))
    assert url(draft) not in text(client.get("/broadcasts/?status=draft"))


# ---- the API -------------------------------------------------------------------------------


def body(response: Any) -> Any:
    return json.loads(response.content)


def test_the_api_says_202_and_where_it_is(acme: Tenant, draft: Broadcast) -> None:
    api = ApiClient(acme)
    path = f"broadcasts/{draft.public_id}/"
    asked = api.post(f"{path}estimate/", {})
    assert asked.status_code == 202
    assert body(asked)["status"] == "preparing"
    assert (body(asked)["preparation"]["kind"], body(asked)["preparation"]["phase"]) == (
        "estimate", "waiting",
    )  # fmt: skip
    assert body(api.post(f"{path}start/", {}))["code"] == "wrong_state"
    assert run_last()
    counted = body(api.get(path))
    assert (counted["status"], counted["preparation"]["status"]) == ("draft", "done")
    assert counted["estimate"]["will_receive"] == 72
    assert api.post(f"{path}start/", {"expected": 72}).status_code == 202
    assert body(api.post(f"{path}cancel/", {}))["status"] == "draft"
    assert api.post(f"{path}start/", {"expected": 70}).status_code == 202
    assert run_last()
    refused = body(api.get(path))
    assert (refused["status"], refused["preparation"]["error_code"]) == (
        "draft", "numbers_changed",
    )  # fmt: skip
    assert api.post(f"{path}start/", {"expected": 72}).status_code == 202
    assert run_last()
    assert body(api.get(path))["counts"]["audience"] == 100


def test_a_repeated_request_starts_once(acme: Tenant, draft: Broadcast) -> None:
    api = ApiClient(acme)
    path = f"broadcasts/{draft.public_id}/start/"
    first = api.post(path, {"expected": 72}, **{"Idempotency-Key": "start-1"})
    again = api.post(path, {"expected": 72}, **{"Idempotency-Key": "start-1"})
    assert (first.status_code, again.status_code) == (202, 202)
    assert again["Idempotent-Replayed"] == "true"
    assert body(first) == body(again)
    assert Preparation.objects.count() == 1
    assert run_last()
    replayed = api.post(path, {"expected": 72}, **{"Idempotency-Key": "start-1"})
    assert body(replayed) == body(first)
    assert Dispatch.objects.count() == 1
