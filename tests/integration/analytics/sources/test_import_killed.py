"""A worker killed in the middle: nothing half loaded, and the repetition gives exact counts."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.test import override_settings
from django_tenants.utils import tenant_context

from analytics.events.models import CustomerStats, Event, Order, OrderLine
from analytics.sources.models import ImportJob
from analytics.sources.services import cancel_import, create_import, reap_imports, run_import
from analytics.sources.services.pulse import Pulse
from cvm_platform.common import clock
from tenants.audit.services import SYSTEM
from tenants.customers.models import Customer
from tenants.tenancy.models import Tenant

ROWS = 12_000
CHILD = """
import os, time, django
django.setup()
from django.test import override_settings
from django_tenants.utils import tenant_context
from analytics.sources import services
from analytics.sources.services import loading_orders
from cvm_platform.common import pulse
from tenants.tenancy.models import Tenant

pulse.BEAT_SECONDS = 0.05
if {stop_reading}:
    whole = loading_orders.chunks
    def chunks(*arguments):
        for number, chunk in enumerate(whole(*arguments)):
            if number == 4:
                time.sleep(600)
            yield chunk
    loading_orders.chunks = chunks
storages = {{"default": {{"BACKEND": "django.core.files.storage.FileSystemStorage"}}}}
with override_settings(STORAGES=storages, MEDIA_ROOT={media!r}):
    with tenant_context(Tenant.objects.get(schema_name="acme")):
        services.run_import(job_id={job})
"""


@pytest.fixture
def world(own_database: str, tmp_path: Path) -> Iterator[tuple[str, Path, ImportJob]]:
    media = tmp_path / "media"
    lines = ["order,date,qty,price,CustomerID"]
    lines += [
        f"{number // 3},2026-0{number % 9 + 1}-01,{number % 5 + 1},2.5,u{number // 3 % 500}"
        for number in range(ROWS)
    ]
    file = tmp_path / "orders.csv"
    file.write_text("\n".join(lines))
    storages = {"default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}}
    with (
        override_settings(STORAGES=storages, MEDIA_ROOT=media),
        tenant_context(Tenant.objects.get(schema_name="acme")),
        file.open("rb") as content,
    ):
        job = create_import(kind="orders", file_name="orders.csv", content=content, actor=SYSTEM)
        ImportJob.objects.update(status="running")
        yield own_database, media, job


def _child(url: str, media: Path, job: ImportJob, *, stop_reading: bool) -> subprocess.Popen[str]:
    code = CHILD.format(stop_reading=stop_reading, media=str(media), job=job.pk)
    environment = {**os.environ, "DATABASE_URL": url}
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], env=environment, text=True,
        cwd=Path(__file__).parents[4], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def _until(condition: Callable[[], Any], child: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert child.poll() is None, child.stdout.read() if child.stdout else ""
        assert time.monotonic() < deadline, "the child never came so far"
        time.sleep(0.05)


def _nothing_loaded() -> bool:
    models: tuple[Any, ...] = (Order, OrderLine, Event, CustomerStats, Customer)
    return all(model.objects.count() == 0 for model in models)


def _backends(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND query LIKE '%stage_%'"
        ).fetchone()
    return int(row[0]) if row else 0


def _kill(child: subprocess.Popen[str]) -> None:
    child.send_signal(signal.SIGKILL)
    child.communicate()


def _take_up_again(job: ImportJob) -> None:
    ImportJob.objects.update(lease_until=clock.now() - timedelta(seconds=1))
    assert reap_imports() == 1  # eager: the load runs here
    job.refresh_from_db()
    assert (job.status, job.rows_loaded, job.rows_rejected) == ("done", ROWS, 0)
    assert job.report["added"] == ROWS // 3
    assert (Order.objects.count(), OrderLine.objects.count()) == (ROWS // 3, ROWS)
    assert (Event.objects.count(), Customer.objects.count()) == (ROWS // 3, 500)
    totals = [stats.revenue for stats in CustomerStats.objects.all()]
    assert sum(totals) == sum((number % 5 + 1) * 250 for number in range(ROWS))


@pytest.mark.slow
def test_killed_while_reading(world: tuple[str, Path, ImportJob]) -> None:
    url, media, job = world
    child = _child(url, media, job, stop_reading=True)
    _until(lambda: ImportJob.objects.get().rows_read >= 3000, child)
    assert run_import(job_id=job.pk) is False  # the lease keeps others away
    _kill(child)
    assert _nothing_loaded()
    assert ImportJob.objects.get().status == "running"
    assert reap_imports() == 0  # the lease still holds
    _take_up_again(job)


def test_killed_while_writing(world: tuple[str, Path, ImportJob]) -> None:
    url, media, job = world
    with psycopg.connect(url) as holder:  # lets the load come to its statements and no further
        holder.execute("SET search_path = acme")
        holder.execute("LOCK TABLE events_orderline IN ACCESS EXCLUSIVE MODE")
        child = _child(url, media, job, stop_reading=False)
        _until(lambda: ImportJob.objects.get().report.get("phase") == "loading", child)
        time.sleep(0.5)
        _kill(child)
    _until_gone = time.monotonic() + 10
    while _backends(url) and time.monotonic() < _until_gone:
        time.sleep(0.05)
    assert _nothing_loaded()
    _take_up_again(job)


def test_cancelled_while_it_runs(world: tuple[str, Path, ImportJob]) -> None:
    url, media, job = world
    with psycopg.connect(url) as holder:
        holder.execute("SET search_path = acme")
        holder.execute("LOCK TABLE events_orderline IN ACCESS EXCLUSIVE MODE")
        child = _child(url, media, job, stop_reading=False)
        _until(lambda: ImportJob.objects.get().report.get("phase") == "loading", child)
        assert cancel_import(job=job, actor=SYSTEM) is True
        # even a statement that waits is broken off
        assert child.wait(timeout=30) == 0, child.stdout.read() if child.stdout else ""
        if child.stdout:
            child.stdout.close()
    job.refresh_from_db()
    assert (job.status, job.lease_until) == ("cancelled", None)
    assert _nothing_loaded()


def test_what_breaks_three_times_is_given_up(world: tuple[str, Path, ImportJob]) -> None:
    job = world[2]
    ImportJob.objects.update(attempts=3, lease_until=clock.now() - timedelta(seconds=1))
    assert reap_imports() == 1
    job.refresh_from_db()
    assert (job.status, job.attempts) == ("failed", 0)
    assert job.error
    assert reap_imports() == 0


def test_the_pulse_writes_progress_beside_the_transaction(
    world: tuple[str, Path, ImportJob], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = world[2]
    monkeypatch.setattr("cvm_platform.common.pulse.BEAT_SECONDS", 0.01)
    with Pulse(job.pk) as pulse:
        pulse.rows, pulse.bytes, pulse.phase = 7, 70, "grouping"
        deadline = time.monotonic() + 10
        while ImportJob.objects.get().rows_read != 7 and time.monotonic() < deadline:
            time.sleep(0.01)
    job.refresh_from_db()
    assert (job.rows_read, job.bytes_read, job.report["phase"]) == (7, 70, "grouping")
    assert job.lease_until is not None
    assert job.lease_until > clock.now()
