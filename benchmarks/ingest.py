"""Import of the real shop's file and the events API against plain COPY, in one run.

The import does everything: unpacks nothing but reads, checks and groups 541,909 lines, writes
orders, lines, products, customers, events and rollups, in one transaction. COPY writes the same
lines as they are into one table without keys. Both use the same server with fsync on.

Run `python -m benchmarks.ingest`. Only the ratios mean something on a shared machine.
"""

import json
import os
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import django
from django.apps import apps

if not apps.ready:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cvm_platform.settings.test")
    django.setup()

from django.core.management import call_command
from django.db import connection, transaction
from django_tenants.utils import tenant_context

from analytics.events.bodies import EventsBody
from analytics.events.intake import take_events
from analytics.sources import services
from analytics.sources.services import loading_orders
from cvm_platform.common import bulk, clock
from cvm_platform.common.bodies import decode
from cvm_platform.demo.retail import write_retail_csv
from cvm_platform.local.postgres import server_url, start_postgres
from cvm_platform.settings import env
from tenants.customers.contracts import CustomerRow
from tenants.customers.services import upsert_customers
from tenants.tenancy.services import create_tenant

IMPORT_TARGET = 0.12
EVENTS_TARGET = 0.2
ROUNDS = 3
EVENTS, BATCH = 50_000, 1_000
COPY_TABLE = (
    "CREATE TABLE bench_lines (invoice text, stock text, description text, quantity int,"
    " at timestamp, price numeric, customer text, country text)"
)
COPY_EVENTS = (
    "CREATE TABLE bench_events (customer_id bigint, ts timestamptz, event_id uuid, kind text,"
    " subject_id bigint, category text, amount bigint, properties jsonb, source text)"
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
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


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
    for name, seconds in sorted(stages.items(), key=lambda item: -item[1]):
        if seconds > 0.005:
            print(f"    {name:34} {seconds:6.2f} s  {seconds / min(imports):4.0%}")
    return ratio


def _bodies() -> list[bytes]:

    now = clock.now()
    return [
        json.dumps({
            "source": "site",
            "events": [
                {
                    "customer": {"external_id": f"u{number % 5000}"}, "name": "product_view",
                    "ts": (now - timedelta(seconds=number)).isoformat(), "key": f"k{number}",
                    "category": "Tea", "amount": number, "properties": {"page": f"/p/{number}"},
                }
                for number in range(first, first + BATCH)
            ],
        }).encode()
        for first in range(0, EVENTS, BATCH)
    ]  # fmt: skip


def bench_events() -> float:
    """JSON bodies of 1,000 through decoding, de-duplication, events and rollups."""
    tenant = create_tenant(slug="bench-events", name="Bench")
    bodies = _bodies()
    with tenant_context(tenant):
        people = [CustomerRow(external_id=f"u{number}") for number in range(5000)]
        ids = upsert_customers(rows=people, source="site").customer_ids
        rows = [
            [
                (ids[int(e["customer"]["external_id"][1:])], e["ts"], None, e["name"], None,
                 e["category"], e["amount"], json.dumps(e["properties"]), "site")
                for e in json.loads(body)["events"]
            ]
            for body in bodies
        ]  # fmt: skip
        columns = ("customer_id", "ts", "event_id", "kind", "subject_id", "category", "amount",
                   "properties", "source")  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(COPY_EVENTS)
        cpu = [cpu_seconds()]
        start = time.perf_counter()
        for batch in rows:
            with transaction.atomic():
                bulk.copy_rows("bench_events", columns, batch)
        copied = time.perf_counter() - start
        cpu.append(cpu_seconds())
        start = time.perf_counter()
        added = sum(take_events(decode(body, EventsBody)).added for body in bodies)
        taken = time.perf_counter() - start
        cpu.append(cpu_seconds())
        assert added == EVENTS
        start = time.perf_counter()
        assert sum(take_events(decode(body, EventsBody)).added for body in bodies) == 0
        again = time.perf_counter() - start
    micro = 1e6 / EVENTS
    print(f"  by CPU of both processes: {(cpu[1] - cpu[0]) / (cpu[2] - cpu[1]):.3f} of COPY")
    print(f"  COPY {copied * micro:.1f} µs an event, API {taken * micro:.1f} µs, "
          f"all repeated {again * micro:.1f} µs")  # fmt: skip
    return copied / taken


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
