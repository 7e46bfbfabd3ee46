"""CPU of one e-mail, stage by stage, against the usual way in Django, in one run.

The usual way: django.template, EmailMultiAlternatives, one smtplib connection a message. Ours:
compiled template, pre-split MIME, one pipelined connection. Both write the same 25 KB of HTML
with 15 fields, a loop of 6 and 2 conditions, and hand it to the same sink in another process.
Only the ratios mean something on a shared machine.

Run `python -m benchmarks.email_engine [messages]`.
"""

import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import django
from django.conf import settings

if not settings.configured:
    settings.configure(
        USE_I18N=False,
        EMAIL_USE_LOCALTIME=False,
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    )
    django.setup()

from django.core.mail import EmailMultiAlternatives
from django.template import engines

from campaigns.channels.contracts import (
    Address,
    EmailStream,
    Kind,
    OutgoingEmail,
    Sent,
)
from campaigns.channels.email.config import SmtpConfig
from campaigns.channels.email.smtp import SmtpClient
from campaigns.channels.mime import MimeTemplate
from campaigns.channels.registry import open_adapter
from campaigns.channels.rendering import TemplateSource, compile_template
from campaigns.channels.tracking import Tracked, Tracker, TrackingKeys

FILLER = (
    '<tr><td style="padding:12px 16px;font-family:Arial,sans-serif;font-size:14px;'
    'line-height:20px;color:#222222">Свежая обжарка каждую неделю, доставка по стране.</td></tr>\n'
)
ROW = (
    '<tr><td><a href="https://shop.example/p/{{ item.slug }}">'
    '<img src="https://img.example/{{ item.image }}" width="120" alt="{{ item.name }}"></a></td>'
    "<td>{{ item.name }}, {{ item.price }}</td></tr>\n"
)
HTML = (
    "<html><body><table>\n"
    + FILLER * 60
    + "{% for item in products %}"
    + ROW
    + "{% endfor %}"
    + FILLER * 60
    + "".join(f"<tr><td>{{{{ customer.field{number} }}}}</td></tr>\n" for number in range(15))
    + "{% if customer.field1 %}<tr><td>1</td></tr>{% endif %}\n"
    "{% if customer.field2 == 'x' %}<tr><td>2</td></tr>{% else %}<tr><td>3</td></tr>{% endif %}\n"
    "</table><p>{{ sender.name }}, {{ sender.address }}\n"
    '<a href="{{ unsubscribe_url }}">Отписаться</a></p></body></html>\n'
)
TEXT = "{{ customer.field0 }}, новый урожай\n{{ unsubscribe_url }}\n"
SUBJECT = "{{ customer.field0 }}, новый урожай"
STREAM = EmailStream(
    key="acme-b42",
    from_=Address("news@shop.example", "Кофейня «Зерно»"),
    return_path="bounce+{ref}@bounce.shop.example",
    message_id_domain="shop.example",
    list_id="news.shop.example",
)
TRACKER = Tracker(TrackingKeys({1: b"1" * 32}, active=1), "https://go.shop.example")
OURS = compile_template(TemplateSource(subject=SUBJECT, html=HTML, text=TEXT))
DJANGO = [engines["django"].from_string(source) for source in (SUBJECT, HTML, TEXT)]


def context(number: int) -> dict[str, Any]:
    return {
        "customer": {f"field{field}": f"Значение {number} {field}" for field in range(15)},
        "products": [
            {"slug": f"p-{item}", "image": f"{item}.png", "name": f"Кофе {item}", "price": "900 ₽"}
            for item in range(6)
        ],
        "sender": {"name": "Зерно", "address": "Москва, ул. Лесная, 1"},
    }


def render_ours(number: int) -> OutgoingEmail:
    urls = TRACKER.urls(Tracked(7, number, number))
    content = OURS.render(context(number), urls)
    return OutgoingEmail(
        message_id=number,
        to=Address(f"customer{number}@example.com"),
        stream=STREAM,
        subject=content.subject,
        html=content.html,
        text=content.text,
        unsubscribe_url=urls.unsubscribe_url,
    )


def render_naive(number: int) -> tuple[str, str, str]:
    urls = TRACKER.urls(Tracked(7, number, number))
    values = {**context(number), "unsubscribe_url": urls.unsubscribe_url}
    subject, html, text = (template.render(values) for template in DJANGO)
    return subject.strip(), html, text


def mime_naive(number: int, content: tuple[str, str, str]) -> bytes:
    subject, html, text = content
    message = EmailMultiAlternatives(
        subject,
        text,
        "Кофейня «Зерно» <news@shop.example>",
        [f"customer{number}@example.com"],
        headers={"List-Unsubscribe": f"<https://go.shop.example/u/{number}>"},
    )
    message.attach_alternative(html, "text/html")
    return message.message().as_bytes(linesep="\r\n")


def send_naive(port: int, number: int, data: bytes) -> None:
    with smtplib.SMTP("127.0.0.1", port) as server:
        server.sendmail("bounce@shop.example", [f"customer{number}@example.com"], data)


def cpu(count: int, work: Callable[[int], object]) -> float:
    """Microseconds of this process a call, the best of three rounds."""
    rounds = []
    for _round in range(3):
        started = time.process_time()
        for number in range(count):
            work(number)
        rounds.append((time.process_time() - started) / count * 1e6)
    return min(rounds)


@contextmanager
def sink(*options: str) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    command = [sys.executable, "-m", "cvm_platform.local.catcher", "--discard", "--port", str(port)]
    process = subprocess.Popen([*command, *options])
    try:
        for _try in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


def send_ours(port: int, count: int) -> float:
    writer = MimeTemplate(STREAM)
    data = writer.build(render_ours(1))
    client = SmtpClient(SmtpConfig.from_url(f"smtp://127.0.0.1:{port}?window=32"))

    def batch(_round: int) -> None:
        items = ((n, "bounce@shop.example", f"c{n}@example.com", data) for n in range(count))
        assert all(isinstance(outcome, Sent) for _key, outcome in client.send_many(items))

    try:
        return cpu(1, batch) / count
    finally:
        client.close()


def whole_ours(port: int, count: int) -> tuple[float, float]:
    """(CPU, wall) microseconds a message, the best of three rounds: render, write, hand over."""
    adapter = open_adapter(Kind.EMAIL, f"smtp://127.0.0.1:{port}?window=32")
    rounds = []
    for _round in range(3):
        cpu_started, started = time.process_time(), time.perf_counter()
        outcomes = adapter.send_many(render_ours(number) for number in range(count))
        assert sum(isinstance(outcome, Sent) for _key, outcome in outcomes) == count
        rounds.append((time.process_time() - cpu_started, time.perf_counter() - started))
    adapter.close()
    cpu_best, wall_best = (min(times) / count * 1e6 for times in zip(*rounds, strict=True))
    return cpu_best, wall_best


def main(count: int) -> None:
    few = max(20, count // 20)
    writer = MimeTemplate(STREAM)
    message, content = render_ours(1), render_naive(1)
    print(
        f"{len(content[1].encode()) / 1024:.0f} KB of HTML, {count} messages; µs of CPU a message"
    )
    print(f"{'':28}{'usual':>9}{'ours':>9}{'ratio':>8}")
    rows = [
        ("render", cpu(few, render_naive), cpu(count, render_ours)),
        (
            "write down (MIME)",
            cpu(few, lambda number: mime_naive(number, content)),
            cpu(count, lambda _number: writer.build(message)),
        ),
    ]
    data = mime_naive(1, content)
    with sink() as port:
        naive = cpu(few, lambda number: send_naive(port, number, data))
        rows.append(("hand over, CHUNKING", naive, send_ours(port, count)))
        whole_naive = cpu(
            few, lambda number: send_naive(port, number, mime_naive(number, render_naive(number)))
        )
        whole, wall = whole_ours(port, count)
        rows.append(("all three, CHUNKING", whole_naive, whole))
    with sink("--without", "CHUNKING") as port:
        rows.append(("hand over, PIPELINING", naive, send_ours(port, count)))
        rows.append(("all three, PIPELINING", whole_naive, whole_ours(port, count)[0]))
    for name, usual, ours in rows:
        print(f"{name:28}{usual:9.0f}{ours:9.1f}{usual / ours:7.1f}x")
    print(f"wall, all three, CHUNKING: {wall:.0f} µs a message (the sink shares the machine)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 4000)
