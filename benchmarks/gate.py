"""What the gate costs a message: the whole sending path with all fourteen checks against the same
path with a trivial gate, in pairs, one after the other in one run.

Everybody has a history of letters, so that the cap over a rolling window has something to count,
and the cap is large enough to let them pass. The trivial gate takes the primary address of active
profiles: no papers, consent, proof, stop, control group, age or cap, and nothing is looked at
again when a window is handed over. Claims, leases, opening of personal data, MIME, SMTP, outcomes
and events are the same. CPU of the worker and of its server process both count.

Run `python -m benchmarks.gate [messages] [letters of history a person]`.
"""

import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from django.core.management import call_command

from benchmarks.sending import (  # it sets Django up
    HTML,
    SLICE,
    SUBJECT,
    fill,
    schema_context,
    sink,
    tenant_context,
)
from campaigns.channels.contracts import Kind
from campaigns.channels.models import EmailTemplate, SenderIdentity
from campaigns.channels.registry import open_adapter
from campaigns.delivery import outbox, sending, services
from campaigns.delivery.content import Content, content_of
from campaigns.delivery.contracts import Cap, Policy, Ruling
from campaigns.delivery.models import Message
from campaigns.delivery.selectors import dispatch_counts
from campaigns.experiments.models import Assignment, Layer
from cvm_platform.common import bulk, clock
from cvm_platform.common.schema import connection
from cvm_platform.demo.papers import ensure_papers
from tenants.customers.models import Customer
from tenants.tenancy.models import Tenant
from tenants.tenancy.services import create_tenant

ROUNDS = 7
TICKS = os.sysconf("SC_CLK_TCK")
TARGET = 0.40
_TRIVIAL = """
    SELECT a.customer_id, ct.id AS contact_id, NULL::bigint AS permission_id,
           NULL::bigint AS consent_id,
           CASE WHEN cu.status <> 'active' THEN 'B_PROFILE' ELSE '' END AS reason
    FROM ({audience}) a
    LEFT JOIN customers_customer cu ON cu.id = a.customer_id
    LEFT JOIN LATERAL (SELECT k.id FROM customers_contactpoint k
        WHERE k.customer_id = a.customer_id AND k.kind = 'email'
        ORDER BY k.is_primary DESC, k.id LIMIT 1) ct ON true
"""
_ALL_ALLOWED = """
    SELECT n.customer_id, '' AS reason FROM delivery_message n
    WHERE n.dispatch_id + 0 = %(dispatch)s AND n.customer_id = ANY(%(leaving)s) OFFSET 0
"""


@contextmanager
def trivial_gate() -> Iterator[None]:
    """Only here can the gate be taken out: by replacing the code itself."""
    whole = vars(outbox)["_HAND_OVER"]
    bare = whole.replace(vars(outbox)["_STILL_ALLOWED"], _ALL_ALLOWED)
    assert bare != whole
    with (
        patch.object(outbox, "classify_sql", lambda *_: _TRIVIAL),
        patch.object(outbox, "_HAND_OVER", bare),
        patch.object(sending, "make_ruling", lambda *_, **__: Ruling()),
        patch.object(sending, "demand_sound_chains", lambda: None),
    ):
        yield


def server_cpu(pid: int) -> float:
    """Seconds that the server's process of this connection has worked."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def run(content: Content, policy: Policy, port: int) -> tuple[float, float, float]:
    """(worker's CPU, server's CPU, wall) seconds of one dispatch to everybody."""
    audience = services.Audience("SELECT id AS customer_id FROM customers_customer", {})
    dispatch = services.start_dispatch(
        audience=audience, content=content, policy=policy, slice_size=SLICE
    )
    [(pid,)] = bulk.fetch("SELECT pg_backend_pid()")
    adapter = open_adapter(Kind.EMAIL, f"smtp://127.0.0.1:{port}?tls=none&window=64")
    with schema_context("public"):
        before = time.process_time(), server_cpu(pid), time.perf_counter()
        services.work(adapter, seconds=3600)
        after = time.process_time(), server_cpu(pid), time.perf_counter()
    adapter.close()
    counts = dispatch_counts(dispatch.pk)
    assert counts.sent == counts.audience, counts
    Message.objects.filter(dispatch=dispatch).delete()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE delivery_message")
    return after[0] - before[0], after[1] - before[1], after[2] - before[2]


def write_history(letters: int) -> None:
    """`letters` sent to everybody within the last week, as earlier broadcasts left them."""
    for number in range(letters):
        bulk.run(
            "WITH d AS (INSERT INTO delivery_dispatch (public_id, purpose, channel, lane, status, "
            "content, policy, price, audience, slice_size, pause_reason, created_at) VALUES "
            "(uuidv7(), 'broadcast', 'EMAIL', 'bulk', 'finished', '{}', "
            """'{"is_advertising": true}', 0, 0, 200, '', now()) RETURNING id) """
            "INSERT INTO delivery_message (customer_id, dispatch_id, slice_number, state, reason, "
            "detail, provider_id, attempts, created_at, handed_over_at, sent_at) "
            "SELECT c.id, d.id, 0, 'sent', '', '', '', 0, t.at, t.at, t.at "
            "FROM customers_customer c, d, (SELECT now() - make_interval(hours => %s) AS at) t",
            [6 + 12 * number],
        )


def draw_groups() -> tuple[int, int]:
    """Two layers with everybody treated: each is looked up and lets everybody pass."""
    made = []
    for code in ("global-bench", "local-bench"):
        layer = Layer.objects.create(code=code, control_bp=0)
        Assignment.objects.bulk_create(
            [Assignment(customer_id=pk, layer=layer, arm="treated", assigned_at=clock.now())
             for pk in Customer.objects.values_list("pk", flat=True)],
            batch_size=5000,
        )  # fmt: skip
        made.append(layer.pk)
    return made[0], made[1]


def prepare(count: int, history: int) -> tuple[Tenant, Content, Policy]:
    call_command("migrate_all", verbosity=0)
    tenant = create_tenant(slug="bench", name="Bench")
    ensure_papers(tenant)
    tenant = Tenant.objects.select_related("plan").get(pk=tenant.pk)
    with tenant_context(tenant):
        fill(tenant, count)
        write_history(history)
        layers = draw_groups()
        template = EmailTemplate.objects.create(name="Bench", subject=SUBJECT, html=HTML)
        sender = SenderIdentity.objects.create(
            name="Bench", email="news@shop.example", organisation="Bench", postal_address="Here"
        )
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")  # as autovacuum does in life
        policy = Policy(global_layer=layers[0], local_layer=layers[1], cap=Cap(history + 1, 7),
                        brand=tenant.name)  # fmt: skip
        return tenant, content_of(template, sender), policy


def main(count: int, history: int) -> None:
    services.wake_workers = lambda: None  # no Celery here: the worker is this process
    tenant, content, policy = prepare(count, history)
    bare = Policy(cap=None)
    pairs = []
    with tenant_context(tenant), sink() as port:
        with trivial_gate():
            run(content, bare, port)  # warms both processes
        run(content, policy, port)
        for number in range(ROUNDS):
            found = {}
            for kind in ("full", "trivial") if number % 2 else ("trivial", "full"):
                if kind == "full":
                    found[kind] = run(content, policy, port)
                else:
                    with trivial_gate():
                        found[kind] = run(content, bare, port)
            pairs.append((found["trivial"], found["full"]))
    tell(count, history, pairs)


def tell(
    count: int, history: int, pairs: list[tuple[tuple[float, ...], tuple[float, ...]]]
) -> None:
    print(f"{count} messages, {history} letters of history each, slices of {SLICE}, "
          f"{ROUNDS} pairs")  # fmt: skip
    for at, name in enumerate(("worker's CPU", "server's CPU", "wall")):
        bare, full = (statistics.median(pair[side][at] for pair in pairs) for side in (0, 1))
        print(f"  {name:<13} trivial {bare / count * 1e3:.3f} ms, full {full / count * 1e3:.3f} ms")
    ratios = sorted(sum(full[:2]) / sum(bare[:2]) - 1 for bare, full in pairs)
    walls = sorted(full[2] / bare[2] - 1 for bare, full in pairs)
    print(f"CPU of both: the gate adds {statistics.median(ratios):.0%} "
          f"(pairs {ratios[0]:.0%} to {ratios[-1]:.0%}; target at most {TARGET:.0%})")  # fmt: skip
    print(f"Wall: the gate adds {statistics.median(walls):.0%} "
          f"(pairs {walls[0]:.0%} to {walls[-1]:.0%})")  # fmt: skip


if __name__ == "__main__":
    arguments = [int(each) for each in sys.argv[1:]]
    main(*(arguments + [5000, 3][len(arguments) :]))
