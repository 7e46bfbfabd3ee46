"""Import of the real shop's file and the events API against plain COPY, in one run.

The import does everything: unpacks nothing but reads, checks and groups 541,909 lines, writes
orders, lines, products, customers, events and rollups, in one transaction. COPY writes the same
lines as they are into one table without keys. Both use the same server with fsync on.

The events API takes JSON bodies of 1,000. COPY writes what is stored of them into a table without
keys, in the same transactions; COPY into the events table itself, with its months and indexes, is
printed beside it.

Run `python -m benchmarks.ingest`. Only the ratios mean something on a shared machine.
"""

import json
import os
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

import django
from django.apps import apps

if not apps.ready:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cvm_platform.settings.test")
    django.setup()

from django.core.management import call_command
from django.db import connection, transaction
from django_tenants.utils import tenant_context

from analytics.events import intake
from analytics.events.bodies import EventsBody
from analytics.events.services import recording, stats
from analytics.sources import services
from analytics.sources.services import loading_orders
from cvm_platform.common import bodies, bulk, clock
from cvm_platform.demo.papers import ensure_papers
from cvm_platform.demo.retail import write_retail_csv
from cvm_platform.local.postgres import server_url, start_postgres
from cvm_platform.settings import env
from tenants.customers.contracts import CustomerRow
from tenants.customers.services import upsert_customers
from tenants.tenancy.models import Tenant
from tenants.tenancy.services import create_tenant

IMPORT_TARGET = 0.12
EVENTS_TARGET = 0.2
ROUNDS = 3
EVENTS, BATCH, PEOPLE = 50_000, 1_000, 5_000
COPY_TABLE = (
    "CREATE TABLE bench_lines (invoice text, stock text, description text, quantity int,"
    " at timestamp, price numeric, customer text, country text)"
)
COPY_EVENTS = (
    "CREATE TABLE bench_events (customer_id bigint, ts timestamptz, event_id uuid, kind text,"
    " subject_id bigint, category text, amount bigint, properties jsonb, source text)"
)
EVENT_COLUMNS = ("customer_id", "ts", "event_id", "kind", "subject_id", "category", "amount",
                 "properties", "source")  # fmt: skip
EVENT_STAGES = (
    (bodies, "decode", "decoding"),
    (intake, "resolve_customers", "customers"),
    (recording, "months_with_room", "months"),
    (recording, "take_keys", "keys, each once"),
    (bulk, "copy_rows", "rows of events and their COPY"),
    (stats, "count_events", "rollups"),
    (connection, "commit", "commit"),
)


@contextmanager
def server() -> Iterator[None]:
    """A durable server of our own, migrated, with one shop."""
    folder = Path(tempfile.mkdtemp(prefix="cvm-bench-"))
    running = start_postgres(folder / "pg", durable=True)
    connection.close()
    connection.settings_dict.update(env.database(server_url(folder / "pg")))
    try:
        call_command("migrate_all", verbosity=0)
        yield
    finally:
        connection.close()
        running.stop()
        shutil.rmtree(folder, ignore_errors=True)


def cpu_seconds() -> float:
    """CPU of this process and of its database backend so far: steadier than the wall clock where
    other programs share the cores.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    nanoseconds = Path(f"/proc/{pid}/schedstat").read_text().split()[0]
    return time.process_time() + int(nanoseconds) / 1e9


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of the clock, and of both processors."""

    wall: float
    cpu: float


class Stopwatch:
    """Seconds by stage, gathered from the functions that do the work."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    def wrap(self, owner: Any, name: str, label: Callable[..., str]) -> Callable[[], None]:
        """Times `owner.name`; returns what puts the old one back."""
        inner = getattr(owner, name)

        def timed(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            try:
                return inner(*args, **kwargs)
            finally:
                self.seconds[label(*args)] += time.perf_counter() - start

        setattr(owner, name, timed)
        return lambda: setattr(owner, name, inner)


STAGES = (
    ("INSERT INTO events_orderline", "order lines"),
    ("INSERT INTO events_order ", "orders"),
    ("INSERT INTO events_event", "events"),
    ("INSERT INTO events_customerstats", "rollups"),
    ("INSERT INTO events_product", "products"),
    ("CREATE TEMP TABLE stage_order", "grouping"),
    ("CREATE TEMP TABLE stage_plan", "sums of orders"),
)


def _stage(statement: str, *_rest: Any) -> str:
    text = " ".join(statement.split())
    return next((name for start, name in STAGES if text.startswith(start)), "other SQL")


def _print_stages(stages: dict[str, float], whole: float) -> None:
    for name, seconds in sorted(stages.items(), key=lambda item: -item[1]):
        if seconds > 0.002 * whole:
            print(f"    {name:34} {seconds:6.2f} s  {seconds / whole:4.0%}")


def timed_copy(file: Path) -> float:
    """COPY of the very same file, committed."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_lines")
        cursor.execute(COPY_TABLE)
        start = time.perf_counter()
        with (
            transaction.atomic(),
            cursor.copy("COPY bench_lines FROM STDIN (FORMAT csv, HEADER)") as copy,
            file.open("rb") as handle,
        ):
            while block := handle.read(1 << 18):
                copy.write(block)
        return time.perf_counter() - start


def timed_import(file: Path, number: int) -> tuple[float, dict[str, float]]:
    tenant = create_tenant(
        slug=f"bench-{number}", name="Bench", currency="GBP", timezone="Europe/London",
        assumed_margin_bp=4000,
    )  # fmt: skip
    ensure_papers(tenant)
    watch = Stopwatch()
    undo = [
        watch.wrap(bulk, "run", _stage),
        watch.wrap(loading_orders, "stage_orders", lambda *_: "reading, checking, COPY to stage"),
        watch.wrap(loading_orders, "send_blocks", lambda *_: "of it COPY to stage"),
    ]
    with tenant_context(tenant):
        start = time.perf_counter()
        job = services.import_file(path=file)
        seconds = time.perf_counter() - start
    for put_back in undo:
        put_back()
    assert job.report["rows"] == 541_909
    return seconds, dict(watch.seconds)


def bench_import(file: Path) -> float:
    copies, imports, stages = [], [], {}
    cpu = [0.0, 0.0]
    for number in range(ROUNDS):
        start = cpu_seconds()
        copies.append(timed_copy(file))
        between = cpu_seconds()
        seconds, parts = timed_import(file, number)
        cpu[0] += between - start
        cpu[1] += cpu_seconds() - between
        if not imports or seconds < min(imports):
            stages = parts
        imports.append(seconds)
        print(f"  round {number + 1}: COPY {copies[-1]:.2f} s, import {seconds:.2f} s")
    ratio = sorted(copy / load for copy, load in zip(copies, imports, strict=True))[ROUNDS // 2]
    print(f"  by CPU of both processes: {cpu[0] / cpu[1]:.3f} of COPY (with a new schema)")
    print("  where the best import's time went:")
    _print_stages(stages, min(imports))
    return ratio


def _request_bodies(now: datetime) -> list[bytes]:
    return [
        json.dumps({
            "source": "site",
            "events": [
                {
                    "customer": {"external_id": f"u{number % PEOPLE}"}, "name": "product_view",
                    "ts": (now - timedelta(seconds=number)).isoformat(), "key": f"k{number}",
                    "category": "Tea", "amount": number, "properties": {"page": f"/p/{number}"},
                }
                for number in range(first, first + BATCH)
            ],
        }).encode()
        for first in range(0, EVENTS, BATCH)
    ]  # fmt: skip


def _rows(sent: list[bytes], ids: Sequence[int]) -> list[list[tuple[Any, ...]]]:
    """What the API stores of the bodies, ready for COPY: nothing is left to do but to write."""
    return [
        [
            (ids[int(event["customer"]["external_id"][1:])], event["ts"], str(uuid4()),
             event["name"], None, event["category"], event["amount"],
             json.dumps(event["properties"]), "site")
            for event in json.loads(body)["events"]
        ]
        for body in sent
    ]  # fmt: skip


def _measured(work: Callable[[Any], Any], batches: Iterable[Any]) -> Cost:
    cpu, start = cpu_seconds(), time.perf_counter()
    for batch in batches:
        work(batch)
    return Cost(time.perf_counter() - start, cpu_seconds() - cpu)


def _copying(table: str) -> Callable[[Any], None]:
    """A batch is a transaction, as it is for the API."""

    def copy(rows: Any) -> None:
        with transaction.atomic():
            bulk.copy_rows(table, EVENT_COLUMNS, rows)

    return copy


def _taking(expected: int) -> Callable[[bytes], None]:
    def take(body: bytes) -> None:
        assert intake.take_events(bodies.decode(body, EventsBody)).added == expected

    return take


def _new_shop(number: int, suffix: str) -> tuple[Tenant, Sequence[int]]:
    tenant = create_tenant(slug=f"bench-{suffix}-{number}", name="Bench")
    ensure_papers(tenant)
    with tenant_context(tenant):
        people = [CustomerRow(external_id=f"u{number}") for number in range(PEOPLE)]
        return tenant, upsert_customers(rows=people, source="site").customer_ids


def _events_round(number: int) -> tuple[dict[str, Cost], dict[str, float]]:
    sent = _request_bodies(clock.now())
    tenant, ids = _new_shop(number, "api")
    costs = {}
    with tenant_context(tenant):
        bulk.run(COPY_EVENTS)
        costs["COPY"] = _measured(_copying("bench_events"), _rows(sent, ids))
        watch = Stopwatch()
        undo = [watch.wrap(owner, name, lambda *_, said=said: said)
                for owner, name, said in EVENT_STAGES]  # fmt: skip
        costs["API"] = _measured(_taking(BATCH), sent)
        for put_back in undo:
            put_back()
        costs["repeated"] = _measured(_taking(0), sent)
    tenant, ids = _new_shop(number, "copy")
    with tenant_context(tenant):
        costs["COPY into the events"] = _measured(_copying("events_event"), _rows(sent, ids))
    return costs, dict(watch.seconds)


def bench_events() -> float:
    """JSON bodies of 1,000 through decoding, de-duplication, events and rollups."""
    rounds = []
    for number in range(ROUNDS):
        rounds.append(_events_round(number))
        said = ", ".join(
            f"{name} {cost.wall * 1e6 / EVENTS:.1f}" for name, cost in rounds[-1][0].items()
        )
        print(f"  round {number + 1}, µs an event: {said}")
    for name in ("COPY", "COPY into the events"):
        cpu = median(costs[name].cpu / costs["API"].cpu for costs, _stages in rounds)
        wall = median(costs[name].wall / costs["API"].wall for costs, _stages in rounds)
        print(f"  API against {name}: {wall:.3f} by time, {cpu:.3f} by CPU of both processes")
    print("  where the best round's time went:")
    best, stages = min(rounds, key=lambda one: one[0]["API"].wall)
    _print_stages(stages, best["API"].wall)
    return median(costs["COPY"].wall / costs["API"].wall for costs, _stages in rounds)


def _verdict(name: str, ratio: float, target: float) -> None:
    word = "met" if ratio >= target else "MISSED"
    print(f"{name}: {ratio:.3f} of COPY (target {target}): {word}")


def main() -> None:
    with server(), tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "online_retail.csv"
        write_retail_csv(file)
        print("import of 541,909 lines")
        _verdict("import", bench_import(file), IMPORT_TARGET)
        print(f"events API, batches of {BATCH}")
        _verdict("events API with de-duplication", bench_events(), EVENTS_TARGET)


if __name__ == "__main__":
    main()
