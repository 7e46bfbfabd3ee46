"""Workers killed with -9, a mail server killed, cut and full: every message ends somewhere, the
counts add up, nobody gets a letter twice, and the doubt is no larger than promised.
"""

import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import pytest
from django_tenants.utils import tenant_context

from campaigns.channels.contracts import Kind
from campaigns.channels.registry import open_adapter
from campaigns.delivery import claims, finishing, selectors, services
from campaigns.delivery.contracts import WINDOW
from campaigns.delivery.models import Dispatch, Message, Slice
from cvm_platform.common.schema import connection
from cvm_platform.local.mailbox import read_message
from cvm_platform.local.ports import answers
from tenants.privacy.models import AdPermission
from tenants.privacy.services import stop_channel
from tenants.tenancy.models import Tenant
from tests.factories.campaigns import hmac_of, make_dispatch, make_people

ROOT = Path(__file__).resolve().parents[4]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


PIPELINE = 16  # messages that the connection may hold unanswered


def run_worker(url: str, folder: Path) -> NoReturn:
    """Works until it is killed; leases and waits that take minutes in life take a second here."""
    claims.LEASE_SECONDS = 1
    finishing._LONGEST_WAIT = 1
    connection.set_schema_to_public()
    adapter = open_adapter(Kind.EMAIL, url)
    try:
        while True:
            services.reap()
            if services.work(adapter, seconds=5).slices == 0:
                time.sleep(0.05)
    except BaseException:  # noqa: BLE001 the child must never run the rest of the test
        (folder / "crashed").write_text(traceback.format_exc())
    os._exit(1)


@dataclass
class World:
    """Processes of one test; all are dead when it ends."""

    database_url: str
    folder: Path
    port: int = field(default_factory=free_port)
    workers: list[int] = field(default_factory=list)
    sink: subprocess.Popen[bytes] | None = None

    def start_sink(self, *faults: str) -> None:
        self.stop_sink()
        self.sink = subprocess.Popen(
            [sys.executable, "-m", "cvm_platform.local.catcher", "--port", str(self.port),
             "--dir", str(self.folder), *faults],
            cwd=ROOT,
        )  # fmt: skip
        deadline = time.monotonic() + 60
        while not answers(self.port):
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def stop_sink(self) -> None:
        if self.sink is not None:
            self.sink.kill()
            self.sink.wait()

    def start_worker(self) -> None:
        """A child of this process: it has everything imported already."""
        connection.close()  # a connection must not be shared by two processes
        child = os.fork()
        if child == 0:
            run_worker(f"smtp://127.0.0.1:{self.port}", self.folder)
        self.workers.append(child)

    def kill_worker(self) -> None:
        victim = self.workers.pop(0)
        os.kill(victim, signal.SIGKILL)
        os.waitpid(victim, 0)

    def letters(self) -> Counter[str]:
        """How often each customer's letter is in the sink, by the number in its id."""
        found: Counter[str] = Counter()
        number = 1
        while (caught := read_message(self.folder, number)) is not None:
            headers = {name.lower(): value for name, value in caught.headers}
            match = re.match(r"<\d+-\d+-(\d+)\.", headers["message-id"])
            assert match is not None
            found[match[1]] += 1
            number += 1
        return found


@pytest.fixture
def world(own_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    # the commits are real here: nothing is sent by this process
    monkeypatch.setattr("campaigns.delivery.services.wake_workers", lambda: None)
    world = World(own_database, tmp_path)
    yield world
    while world.workers:
        world.kill_worker()
    world.stop_sink()


def wait_for(dispatch: Dispatch, done: int, seconds: float) -> None:
    """Until so many messages are not waiting any more."""
    deadline = time.monotonic() + seconds
    while True:
        counts = selectors.dispatch_counts(dispatch.pk)
        if counts.audience - counts.waiting >= done:
            return
        assert time.monotonic() < deadline, counts
        time.sleep(0.02)


def survive(world: World, *, people: int, kills: int, seconds: float, slice_size: int) -> None:
    tenant = Tenant.objects.get(schema_name="acme")
    rng = random.Random(11)
    with tenant_context(tenant):
        make_people(1, people)
        AdPermission.objects.filter(customer_id__lte=people // 20).update(status="REVOKED")
        dispatch = make_dispatch(slice_size=slice_size)
        world.start_sink()
        for _ in range(kills + 2):
            world.start_worker()
        wait_for(dispatch, people // 20 + 1, seconds)
        for round_ in range(kills):
            wait_for(dispatch, people * (round_ + 1) // (kills + 2), seconds)
            time.sleep(rng.random() * 0.05)
            world.kill_worker()
            if round_ == kills // 2:  # a mail server that dies, and comes back cut and closing
                world.start_sink(
                    "--cut-in-data", str(people // 40), "--closing-after", str(people // 8)
                )
                time.sleep(1)
                world.start_sink()
        last = people
        stop_channel(customer_id=last, channel="EMAIL", address_hmac=hmac_of(last),
                     source="ONE_CLICK")  # fmt: skip
        wait_for(dispatch, people, seconds)
        judge(world, dispatch, people=people, kills=kills)


def judge(world: World, dispatch: Dispatch, *, people: int, kills: int) -> None:
    deadline = time.monotonic() + 10
    while Slice.objects.exclude(status="done").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    crash = world.folder / "crashed"
    assert not crash.exists(), crash.read_text()
    counts = selectors.dispatch_counts(dispatch.pk)
    assert counts.adds_up
    assert (counts.audience, counts.waiting, counts.failed) == (people, 0, 0)
    assert counts.suppressed >= people // 20
    # the mail server died twice under all workers, each time with a pipeline on the way, and
    # however fast they were, it cut one off at every so many of the letters that it let in
    workers = kills + 2
    cuts = (people // 8 + workers * PIPELINE) // (people // 40)
    assert counts.ambiguous <= (WINDOW + PIPELINE) * kills + (2 * workers + cuts) * PIPELINE
    letters = world.letters()
    assert [customer for customer, times in letters.items() if times > 1] == []
    states = dict(Message.objects.values_list("customer_id", "state"))
    assert len(states) == people
    arrived = {int(customer) for customer in letters}
    assert {customer for customer, state in states.items() if state == "sent"} <= arrived
    assert {states[customer] for customer in arrived} <= {"sent", "ambiguous"}
    assert Dispatch.objects.get(pk=dispatch.pk).status == "finished"


def test_killed_workers_lose_nobody_and_repeat_nothing(world: World) -> None:
    survive(world, people=600, kills=2, seconds=150, slice_size=50)


@pytest.mark.slow
def test_many_kills(world: World) -> None:
    survive(world, people=6000, kills=12, seconds=120, slice_size=100)
