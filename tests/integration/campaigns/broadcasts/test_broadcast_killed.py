"""A worker killed in the middle of a start, a start cancelled under its hands, two at once."""

import os
import signal
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import NoReturn

import pytest
from django.db import connections
from django_tenants.utils import tenant_context

from campaigns.broadcasts import audience, services
from campaigns.broadcasts.models import Broadcast, Preparation
from campaigns.delivery import services as delivery
from campaigns.delivery.models import Dispatch, Recipient
from campaigns.experiments.models import Assignment, Layer
from campaigns.segments.models import Segment
from cvm_platform.common import bulk, clock
from cvm_platform.common import pulse as common
from cvm_platform.common.errors import Conflict
from cvm_platform.common.schema import connection
from tenants.tenancy.models import Tenant
from tests.factories.campaigns import make_broadcast, make_people

PEOPLE, LETTERS = 60, 43


@pytest.fixture
def draft(own_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Broadcast]:
    """Commits are real: nobody but the test runs what is queued."""
    monkeypatch.setattr("campaigns.broadcasts.selectors.AT_ONCE", 0)
    monkeypatch.setattr("campaigns.broadcasts.services.preparing.enqueue", lambda *_, **__: None)
    monkeypatch.setattr("campaigns.delivery.services.wake_workers", lambda: None)
    monkeypatch.setattr(common, "BEAT_SECONDS", 0.02)
    with tenant_context(Tenant.objects.get(schema_name="acme")):
        make_people(1, PEOPLE)
        yield make_broadcast(control_bp=2000)


def work_slowly(preparation_id: int, folder: Path, *, at: str) -> NoReturn:
    """A worker that never gets past `at`; its server is busy with the statement meanwhile."""
    target: ModuleType = audience if at == "judge" else delivery
    whole = getattr(target, at)

    def slowly(*args: object, **kwargs: object) -> object:
        done = whole(*args, **kwargs)
        (folder / "there").touch()
        bulk.run("SELECT pg_sleep(600)")
        return done

    try:
        setattr(target, at, slowly)
        with tenant_context(Tenant.objects.get(schema_name="acme")):
            services.run_preparation(preparation_id=preparation_id)
        (folder / "ended").touch()
    except BaseException:  # noqa: BLE001 the child must never run the rest of the test
        (folder / "crashed").write_text(traceback.format_exc())
    os._exit(0)


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 30
    while not path.exists():
        crash = path.parent / "crashed"
        assert not crash.exists(), crash.read_text()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def start_worker(folder: Path, *, at: str) -> int:
    number = Preparation.objects.get(status="active").pk
    tenant = connection.tenant
    connection.close()  # a connection must not be shared by two processes
    child = os.fork()
    if child == 0:
        connection.set_schema_to_public()
        work_slowly(number, folder, at=at)
    connection.set_tenant(tenant)
    wait_for(folder / "there")
    return child


def nothing_is_started() -> bool:
    return not (
        Dispatch.objects.exists() or Recipient.objects.exists()
        or Layer.objects.exclude(code="global").exists()
        or Assignment.objects.exclude(layer__code="global").exists()
    )  # fmt: skip


@pytest.mark.parametrize("at", ["judge", "start_dispatch"])
def test_a_killed_worker_starts_nothing_and_another_starts_it_once(
    draft: Broadcast, tmp_path: Path, at: str
) -> None:
    services.request_start(public_id=draft.public_id, expected=LETTERS)
    child = start_worker(tmp_path, at=at)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert nothing_is_started()
    assert Broadcast.objects.get().status == "preparing"
    preparation = Preparation.objects.get()
    assert services.run_preparation(preparation_id=preparation.pk) is False  # the lease lasts
    wait_for_the_server()
    Preparation.objects.update(lease_until=clock.now() - common.LEASE)
    assert services.reap_preparations() == 1
    assert services.run_preparation(preparation_id=preparation.pk) is True
    broadcast = Broadcast.objects.get()
    assert (broadcast.status, Preparation.objects.get().attempts) == ("sending", 2)
    assert Dispatch.objects.get().audience == PEOPLE == Recipient.objects.count()
    assert Assignment.objects.filter(layer=broadcast.layer).count() == PEOPLE - PEOPLE // 10
    assert services.run_preparation(preparation_id=preparation.pk) is False


def wait_for_the_server() -> None:
    """It learns of a killed client when the statement is done, and undoes all: here at once."""
    bulk.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND query LIKE 'SELECT pg_sleep%'"
    )


def test_cancel_is_heard_in_the_middle_of_a_statement(draft: Broadcast, tmp_path: Path) -> None:
    services.request_start(public_id=draft.public_id, expected=LETTERS)
    child = start_worker(tmp_path, at="judge")
    assert services.cancel_broadcast(public_id=draft.public_id).status == "draft"
    wait_for(tmp_path / "ended")
    os.waitpid(child, 0)
    assert Broadcast.objects.get().status == "draft"
    assert Preparation.objects.get().status == "cancelled"
    assert Segment.objects.get().status == "fresh"
    assert nothing_is_started()
    assert services.start_broadcast(public_id=draft.public_id).status == "sending"


def test_cancel_comes_too_late_while_the_audience_is_written(
    draft: Broadcast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("campaigns.broadcasts.services.preparing._PATIENCE", "200ms")
    services.request_start(public_id=draft.public_id, expected=LETTERS)
    child = start_worker(tmp_path, at="start_dispatch")
    with pytest.raises(Conflict) as refusal:
        services.cancel_broadcast(public_id=draft.public_id)
    assert refusal.value.code == "too_late"
    with pytest.raises(Conflict):  # at once, not after the other's transaction
        services.update_broadcast(public_id=draft.public_id, name="Other")
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    wait_for_the_server()
    assert services.cancel_broadcast(public_id=draft.public_id).status == "draft"
    assert nothing_is_started()


def test_two_who_press_start_at_once_start_it_once(draft: Broadcast) -> None:
    both = threading.Barrier(2)
    answers: list[str] = []

    def press() -> None:
        try:
            with tenant_context(Tenant.objects.get(schema_name="acme")):
                both.wait(timeout=10)
                services.request_start(public_id=draft.public_id, expected=LETTERS)
                answers.append("started")
        except Conflict as error:
            answers.append(error.code)
        finally:
            connections.close_all()

    people = [threading.Thread(target=press) for _ in range(2)]
    for person in people:
        person.start()
    for person in people:
        person.join(timeout=30)
    assert sorted(answers) == ["started", "wrong_state"]
    assert Preparation.objects.count() == 1


def test_two_workers_at_one_start_make_one(draft: Broadcast, tmp_path: Path) -> None:
    """The first was taken for dead, and comes to its end when the second has done all."""
    services.request_start(public_id=draft.public_id, expected=LETTERS)
    child = start_worker(tmp_path, at="judge")
    preparation = Preparation.objects.get()
    os.kill(child, signal.SIGSTOP)
    Preparation.objects.update(lease_until=clock.now() - common.LEASE)
    assert services.run_preparation(preparation_id=preparation.pk) is True
    assert Broadcast.objects.get().status == "sending"
    os.kill(child, signal.SIGCONT)
    wait_for(tmp_path / "ended")
    os.waitpid(child, 0)
    assert Dispatch.objects.count() == 1
    assert Recipient.objects.count() == PEOPLE
    assert Layer.objects.exclude(code="global").count() == 1
