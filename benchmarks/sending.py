"""The whole sending path against the usual one, and against a raw blaster, in one run.

CPU: claim, gate, opening of personal data, rendering, MIME, SMTP, outcomes and events in slices,
against a Django task per message doing the same by the ORM: one letter, one connection, one row
at a time. Only the worker's own process is counted, in both.

Wall: one worker against `smtp-source -d` of Postfix, when it is on the PATH, to the same sink;
else against the same thing written here: ready bytes over one kept connection, command after
command, without CHUNKING. A second figure is the most that ready bytes can do when everything
is pipelined.

Run `python -m benchmarks.sending [messages]`. Only the ratios mean something.
"""

import os
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import psycopg

from cvm_platform.local.testing import ensure_test_servers

FOLDER = Path(tempfile.gettempdir()) / f"cvm-bench-{os.getuid()}"
ROUNDS = 3
BDAT = b"RSET\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nBDAT %d LAST\r\n%s"
SLICE = 200
FILLER = (
    '<tr><td style="padding:12px 16px;font-family:Arial,sans-serif;font-size:14px;'
    'line-height:20px;color:#222222">Свежая обжарка каждую неделю, доставка по стране.</td></tr>\n'
)
HTML = (
    "<html><body><table>\n" + FILLER * 120
    + "".join("<tr><td>{{ customer.first_name }} {{ customer.city }}</td></tr>\n" for _ in range(7))
    + "{% if customer.city %}<tr><td>1</td></tr>{% endif %}\n"
    "{% if customer.city == 'x' %}<tr><td>2</td></tr>{% else %}<tr><td>3</td></tr>{% endif %}\n"
    "</table><p>{{ sender.name }}, {{ sender.address }}\n"
    '<a href="{{ unsubscribe_url }}">Отписаться</a></p></body></html>\n'
)  # fmt: skip
SUBJECT = "{{ customer.first_name }}, новый урожай"
SINK = r"""
import socket, sys, threading
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
def receive(peer):
    try:
        return peer.recv(1 << 20)
    except ConnectionResetError:
        return b""
def serve(peer):
    data, skip, body = bytearray(), 0, False
    peer.sendall(b"220 sink\r\n")
    while chunk := receive(peer):
        data += chunk
        out, at = [], 0
        while True:
            if skip:
                taken = min(skip, len(data) - at)
                at, skip = at + taken, skip - taken
                if skip:
                    break
                out.append(b"250 ok\r\n")
                continue
            if body:
                end = data.find(b"\r\n.\r\n", at)
                if end < 0:
                    break
                at, body = end + 5, False
                out.append(b"250 ok\r\n")
                continue
            end = data.find(b"\r\n", at)
            if end < 0:
                break
            word, at0, at = bytes(data[at:at + 4]).upper(), at, end + 2
            if word == b"BDAT":
                skip = int(data[at0 + 5:end].split()[0])
                if not skip:
                    out.append(b"250 ok\r\n")
            elif word == b"DATA":
                body = True
                out.append(b"354 go\r\n")
            elif word == b"EHLO":
                out.append(b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 CHUNKING\r\n")
            else:
                out.append(b"250 ok\r\n")
        del data[:at]
        if out:
            peer.sendall(b"".join(out))
while True:
    peer, _address = server.accept()
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    threading.Thread(target=serve, args=(peer,), daemon=True).start()
"""


def prepare_database() -> None:
    """A database of its own, migrated; before Django reads its settings."""
    servers = ensure_test_servers(FOLDER)
    with psycopg.connect(servers.database_url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS cvm_bench_sending WITH (FORCE)")
        connection.execute("CREATE DATABASE cvm_bench_sending")
    url = urlsplit(servers.database_url)._replace(path="/cvm_bench_sending").geturl()
    os.environ.update(DATABASE_URL=url, BROKER_URL=servers.broker_url,
                      DJANGO_SETTINGS_MODULE="cvm_platform.settings.test")  # fmt: skip


prepare_database()

import django  # noqa: E402 the settings need the address of the database

django.setup()

from django.core.mail import EmailMultiAlternatives, get_connection  # noqa: E402 as above
from django.core.management import call_command  # noqa: E402 as above
from django.template import engines  # noqa: E402 as above
from django_tenants.utils import schema_context, tenant_context  # noqa: E402 as above

from analytics.events.models import Event  # noqa: E402 as above
from campaigns.channels.contracts import Kind  # noqa: E402 as above
from campaigns.channels.models import EmailTemplate, SenderIdentity  # noqa: E402 as above
from campaigns.channels.registry import open_adapter  # noqa: E402 as above
from campaigns.channels.tracking import Tracked  # noqa: E402 as above
from campaigns.delivery import services  # noqa: E402 as above
from campaigns.delivery.addresses import tracker_of  # noqa: E402 as above
from campaigns.delivery.content import content_of  # noqa: E402 as above
from campaigns.delivery.contracts import Policy  # noqa: E402 as above
from campaigns.delivery.models import Dispatch, Message  # noqa: E402 as above
from campaigns.delivery.selectors import dispatch_counts  # noqa: E402 as above
from campaigns.experiments.models import Assignment  # noqa: E402 as above
from cvm_platform.common import clock  # noqa: E402 as above
from cvm_platform.common.schema import connection  # noqa: E402 as above
from cvm_platform.demo.consents import ensure_backing  # noqa: E402 as above
from cvm_platform.demo.papers import ensure_papers  # noqa: E402 as above
from tenants.customers.contracts import CustomerRow  # noqa: E402 as above
from tenants.customers.models import ContactPoint, Customer, PersonalName  # noqa: E402 as above
from tenants.customers.sealing import Vault  # noqa: E402 as above
from tenants.customers.services import upsert_customers  # noqa: E402 as above
from tenants.privacy.contracts import (  # noqa: E402 as above
    AD_PERMISSION,
    PD_CONSENT,
    ConsentRow,
    Proof,
)
from tenants.privacy.models import AdPermission, ConsentRecord, Suppression  # noqa: E402 as above
from tenants.privacy.services import record_consents  # noqa: E402 as above
from tenants.tenancy.models import Tenant  # noqa: E402 as above
from tenants.tenancy.services import create_tenant  # noqa: E402 as above


def fill(tenant: Tenant, count: int) -> None:
    """People with everything that a letter needs, through the services."""
    vault = Vault(tenant)
    backing = ensure_backing(tenant, "bench")
    proof = Proof(backing.evidence_id, backing.ad_text_id, backing.brands)
    for start in range(0, count, 2000):
        rows = [
            CustomerRow(external_id=str(n), email=f"c{n}@example.com", first_name=f"Анна{n}",
                        city="Москва")
            for n in range(start, min(start + 2000, count))
        ]  # fmt: skip
        ids = upsert_customers(rows=rows, source="bench").customer_ids
        now = clock.now()
        record_consents(
            rows=[
                row
                for customer_id, given in zip(ids, rows, strict=True)
                if customer_id is not None
                for row in (
                    ConsentRow(customer_id, PD_CONSENT, now, purpose="PROMO_DIRECT",
                               proof=proof),
                    ConsentRow(customer_id, AD_PERMISSION, now, channel="EMAIL",
                               address_hmac=vault.email_hmac(given.email), method="DOI_EMAIL",
                               proof=proof),
                )
            ]
        )  # fmt: skip


@contextmanager
def sink() -> Iterator[int]:
    process = subprocess.Popen([sys.executable, "-c", SINK], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


def dispatch_to_all(content: object) -> Dispatch:
    services.wake_workers = lambda: None  # no Celery here: the worker is this process
    audience = services.Audience("SELECT id AS customer_id FROM customers_customer", {})
    return services.start_dispatch(
        audience=audience, content=content, policy=Policy(cap=None), slice_size=SLICE
    )  # type: ignore[arg-type]  # made by content_of


def ours(tenant: Tenant, content: object, port: int) -> tuple[float, float]:
    """(CPU seconds, wall seconds) of a whole dispatch."""
    dispatch = dispatch_to_all(content)
    adapter = open_adapter(Kind.EMAIL, f"smtp://127.0.0.1:{port}?tls=none&window=64")
    with schema_context("public"):
        cpu, wall = time.process_time(), time.perf_counter()
        services.work(adapter, seconds=3600)
        took = time.process_time() - cpu, time.perf_counter() - wall
    adapter.close()
    counts = dispatch_counts(dispatch.pk)
    assert counts.sent == counts.audience, counts
    Message.objects.all().delete()
    return took


def naive(tenant: Tenant, template: EmailTemplate, sender: SenderIdentity, port: int,
          count: int) -> float:  # fmt: skip
    """CPU seconds a message of a task per message, as Django makes it easy."""
    dispatch = Dispatch.objects.create(purpose="broadcast", content={}, policy={})
    ids = list(Customer.objects.order_by("id").values_list("pk", flat=True)[:count])
    cpu = time.process_time()
    for customer_id in ids:
        _naive_task(tenant.pk, dispatch.pk, template.pk, sender.pk, customer_id, port=port)
    return (time.process_time() - cpu) / len(ids)


def _naive_task(
    tenant_id: int,
    dispatch_id: int,
    template_id: int,
    sender_id: int,
    customer_id: int,
    *,
    port: int,
) -> None:
    tenant = Tenant.objects.get(pk=tenant_id)
    template, sender = (EmailTemplate.objects.get(pk=template_id),
                        SenderIdentity.objects.get(pk=sender_id))  # fmt: skip
    customer = Customer.objects.get(pk=customer_id)
    contact = ContactPoint.objects.get(customer_id=customer_id, kind="email", is_primary=True)
    hmac = contact.address_hmac
    allowed = (
        customer.status == "active"
        and ConsentRecord.objects.filter(customer_id=customer_id, status="ACTIVE").exists()
        and AdPermission.objects.filter(address_hmac=hmac, status="ACTIVE").exists()
        and not Suppression.objects.filter(address_hmac=hmac).exists()
        and not Assignment.objects.filter(customer_id=customer_id, arm="control").exists()
    )
    assert allowed
    name = PersonalName.objects.get(customer_id=customer_id)
    plain = Vault(tenant).open_many(
        [(1, customer_id, bytes(contact.sealed)), (2, customer_id, bytes(name.sealed))]
    )
    message = Message.objects.create(
        customer_id=customer_id, dispatch_id=dispatch_id, slice_number=0, state="sending"
    )
    urls = tracker_of(tenant).urls(Tracked(tenant_id, dispatch_id, customer_id))
    context = {
        "customer": {"first_name": plain[2][:20], "city": customer.city},
        "sender": {"name": sender.organisation, "address": sender.postal_address},
        "unsubscribe_url": urls.unsubscribe_url,
    }
    engine = engines["django"]
    html = engine.from_string(template.html).render(context)
    letter = EmailMultiAlternatives(
        engine.from_string(template.subject).render(context), "Новый урожай", sender.email,
        [plain[1]], headers={"List-Unsubscribe": f"<{urls.unsubscribe_url}>"},
        connection=get_connection("django.core.mail.backends.smtp.EmailBackend",
                                  host="127.0.0.1", port=port),
    )  # fmt: skip
    letter.attach_alternative(html, "text/html")
    letter.send()
    message.state, message.sent_at = "sent", clock.now()
    message.save(update_fields=["state", "sent_at"])
    Event.objects.create(
        customer_id=customer_id, ts=message.sent_at, kind="sent", subject_id=dispatch_id
    )


def blast(port: int, messages: list[bytes]) -> float:
    """Wall seconds for ready bytes, 64 messages on the way: the upper bound."""
    with connected(port) as (peer, replies):
        started = time.perf_counter()
        for start in range(0, len(messages), 64):
            window = messages[start : start + 64]
            peer.sendall(b"".join(BDAT % (len(body), body) for body in window))
            for _ in range(4 * len(window)):
                replies.readline()
        return time.perf_counter() - started


def blast_in_steps(port: int, messages: list[bytes]) -> float:
    """Wall seconds as `smtp-source -d` sends: each command waits for its answer."""
    with connected(port) as (peer, replies):
        started = time.perf_counter()
        for body in messages:
            for line in (b"MAIL FROM:<a@example.com>", b"RCPT TO:<b@example.com>", b"DATA"):
                peer.sendall(line + b"\r\n")
                replies.readline()
            peer.sendall(body + b".\r\n")
            replies.readline()
        return time.perf_counter() - started


@contextmanager
def connected(port: int) -> Iterator[tuple[socket.socket, BinaryIO]]:
    with socket.create_connection(("127.0.0.1", port)) as peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        replies = peer.makefile("rb")
        replies.readline()
        peer.sendall(b"EHLO blaster\r\n")
        while replies.readline()[3:4] == b"-":
            pass
        yield peer, replies


def blast_by_postfix(port: int, count: int, size: int) -> float:
    started = time.perf_counter()
    subprocess.run(
        ["smtp-source", "-d", "-s", "1", "-m", str(count), "-l", str(size),
         "-f", "a@example.com", "-t", "b@example.com", f"127.0.0.1:{port}"],
        check=True,
    )  # fmt: skip
    return time.perf_counter() - started


def ready_bytes(count: int, size: int) -> list[bytes]:
    return [(secrets.token_hex(38).encode() + b"\r\n") * (size // 78)] * count


def main(count: int) -> None:
    call_command("migrate_all", verbosity=0)
    tenant = create_tenant(slug="bench", name="Bench")
    ensure_papers(tenant)
    with tenant_context(tenant):
        fill(tenant, count)
        template = EmailTemplate.objects.create(name="Bench", subject=SUBJECT, html=HTML)
        sender = SenderIdentity.objects.create(
            name="Bench", email="news@shop.example", organisation="Bench", postal_address="Here"
        )
        content = content_of(template, sender)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # as autovacuum does in life
        size = len(HTML.encode()) + 1500
        with sink() as port:
            slow = naive(tenant, template, sender, port, min(count, 200))
            Message.objects.all().delete()
            runs = [measure(tenant, content, port, count, size) for _ in range(ROUNDS)]
    cpu = statistics.median(run[0] for run in runs) / count
    share, bound = (statistics.median(run[at] for run in runs) for at in (1, 2))
    tool = "smtp-source" if shutil.which("smtp-source") else "own smtp-source (none is here)"
    print(f"{count} messages of {size // 1024} KB, slices of {SLICE}, medians of {ROUNDS} runs")
    print(f"CPU a message: a task each {slow * 1e3:.2f} ms, slices {cpu * 1e3:.3f} ms")
    print(f"CPU ratio {slow / cpu:.1f} (target 20)")
    print(f"Wall: {share:.2f} of the speed of {tool} (target 0.4)")
    print(f"Wall: {bound:.2f} of ready bytes fully pipelined (no target)")


def measure(
    tenant: Tenant, content: object, port: int, count: int, size: int
) -> tuple[float, float, float]:
    """(CPU seconds, wall of smtp-source / ours, wall of the bound / ours), one after the other."""
    messages = ready_bytes(count, size)
    steps = blast_by_postfix if shutil.which("smtp-source") else None
    raw = steps(port, count, size) if steps else blast_in_steps(port, messages)
    bound = blast(port, messages)
    cpu, wall = ours(tenant, content, port)
    rates = f"{count / raw:.0f}/s in steps, {count / bound:.0f}/s pipelined"
    print(f"  ready bytes {rates}; sending {count / wall:.0f}/s, its CPU {cpu / wall:.0%}")
    return cpu, raw / wall, bound / wall


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
