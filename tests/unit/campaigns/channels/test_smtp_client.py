import datetime as dt
import ipaddress
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from campaigns.channels.contracts import Ambiguous, Fault, NotAttempted, Outcome, Rejected, Sent
from campaigns.channels.email.config import SmtpConfig
from campaigns.channels.email.smtp import SmtpClient
from cvm_platform.local.catcher import Catcher, Faults
from cvm_platform.local.mailbox import list_messages, read_message

SENDER = "bounce@shop.example"
DATA = b"Subject: x\r\n\r\nHello\r\n"
Item = tuple[int, str, str, bytes]


def _items(numbers: Iterable[int], data: bytes = DATA) -> Iterator[Item]:
    return ((n, SENDER, f"customer{n}@example.com", data) for n in numbers)


@contextmanager
def client(url: str) -> Iterator[SmtpClient]:
    made = SmtpClient(SmtpConfig.from_url(url))
    try:
        yield made
    finally:
        made.close()


@contextmanager
def scripted(*answers: bytes) -> Iterator[str]:
    """A server that answers each arriving line block with the next of `answers`, then hangs up."""

    def serve() -> None:
        connection, _peer = listener.accept()
        with connection:
            connection.settimeout(5)
            connection.sendall(answers[0])
            for answer in answers[1:]:
                if not connection.recv(65536):
                    return
                connection.sendall(answer)

    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"smtp://127.0.0.1:{listener.getsockname()[1]}?timeout=20&connect_timeout=2"
    finally:
        listener.close()
        thread.join(5)


def _codes(outcomes: list[Outcome]) -> set[str]:
    return {each.code for each in outcomes if isinstance(each, Rejected | NotAttempted)}


def _only(url: str, count: int = 1) -> list[Outcome]:
    with client(url) as made:
        return [outcome for _key, outcome in made.send_many(_items(range(count)))]


@pytest.mark.parametrize("without", [frozenset[str](), frozenset({"CHUNKING"})])
@pytest.mark.parametrize(
    "body",
    [
        b".\r\n..\r\n...x\r\n",
        b".",
        b"x\r\n.",
        b"x",
        b"",
        b"QUIT\r\nMAIL FROM:<evil@example.com>\r\n",
        "я€😀\r\n".encode() * 2000,
        b"x" * 990 + b"\r\n.\r\n" * 50 + b"end",
    ],
)
def test_content_arrives_as_it_was(body: bytes, without: frozenset[str], tmp_path: Path) -> None:
    with Catcher(tmp_path, Faults(without=without)) as catcher, client(catcher.url) as made:
        data = b"Subject: x\r\n\r\n" + body
        assert [type(each) for _key, each in made.send_many(_items(range(3), data))] == [Sent] * 3
    assert list_messages(tmp_path).total == 3
    kept = read_message(tmp_path, 3)
    assert kept is not None
    assert kept.raw == data if not without else kept.raw in {data, data + b"\r\n"}
    assert kept.summary.recipients == ("customer2@example.com",)
    assert kept.summary.sender == SENDER


def test_the_number_of_the_server_comes_back(tmp_path: Path) -> None:
    with Catcher(tmp_path) as catcher, client(catcher.url) as made:
        assert list(made.send_many(_items([7]))) == [(7, Sent("00000001"))]


def test_one_connection_serves_many_calls() -> None:
    with Catcher(None) as catcher, client(catcher.url) as made:
        for call in range(5):
            assert len(list(made.send_many(_items(range(call))))) == call
        assert catcher.receiver.connections == 1
        assert catcher.receiver.stored == 10


def test_a_connection_is_renewed_after_so_many_messages() -> None:
    for without in (frozenset[str](), frozenset({"CHUNKING"})):
        with (
            Catcher(None, Faults(without=without)) as catcher,
            client(f"{catcher.url}?per_connection=4&window=3") as made,
        ):
            outcomes = list(made.send_many(_items(range(10))))
            assert [type(each) for _key, each in outcomes] == [Sent] * 10
            assert catcher.receiver.connections == 3


def test_a_server_that_went_away_between_calls_is_found_again(tmp_path: Path) -> None:
    with Catcher(tmp_path) as catcher, client(catcher.url) as made:
        assert [type(each) for _key, each in made.send_many(_items([0]))] == [Sent]
        catcher.hang_up()
        time.sleep(0.2)
        assert [type(each) for _key, each in made.send_many(_items([1]))] == [Sent]
        assert catcher.receiver.connections == 2


def test_silence_after_the_content_is_doubt_and_only_there(tmp_path: Path) -> None:
    faults = Faults(slow_seconds=3, without=frozenset({"CHUNKING"}))
    with Catcher(tmp_path, faults) as catcher, client(f"{catcher.url}?timeout=0.3") as made:
        outcomes = dict(made.send_many(_items(range(2))))
    assert [type(outcomes[n]) for n in range(2)] == [Ambiguous, Ambiguous]


def test_a_window_bounds_the_doubt(tmp_path: Path) -> None:
    with (
        Catcher(tmp_path, Faults(cut_after_data=20)) as catcher,
        client(f"{catcher.url}?window=5") as made,
    ):
        outcomes = dict(made.send_many(_items(range(40))))
    doubtful = [n for n in range(40) if isinstance(outcomes[n], Ambiguous)]
    cuts = catcher.receiver.connections - 1
    assert cuts >= 1
    assert 1 <= len(doubtful) <= 5 * cuts
    assert sum(isinstance(each, Sent) for each in outcomes.values()) == 40 - len(doubtful)


def test_a_message_over_the_servers_size_is_not_sent() -> None:
    with Catcher(None) as catcher, client(catcher.url) as made:
        huge = b"Subject: x\r\n\r\n" + b"x" * (32 * 1024 * 1024)
        outcomes = list(made.send_many([*_items([1], huge), *_items([2])]))
        assert outcomes[0] == (
            1,
            Rejected(
                "33554446 bytes, the server takes 33554432.",
                "552 5.3.4",
                True,
                Fault.MESSAGE,
            ),
        )
        assert isinstance(outcomes[1][1], Sent)
        assert catcher.receiver.stored == 1


@pytest.mark.parametrize(
    "address", ["a@b>\r\nRSET", "a b@example.com", "", "<a@b>", "я@example.com"]
)
def test_an_address_cannot_carry_commands(address: str) -> None:
    with Catcher(None) as catcher, client(catcher.url) as made:
        outcomes = [each for _key, each in made.send_many([(1, SENDER, address, DATA)])]
        assert [(each.code, each.fault) for each in outcomes if isinstance(each, Rejected)] == [
            ("bad_address", Fault.RECIPIENT)
        ]
        assert catcher.receiver.recipients == 0


def test_a_null_sender_is_allowed() -> None:
    with Catcher(None) as catcher, client(catcher.url) as made:
        assert [type(each) for _key, each in made.send_many([(1, "", "a@example.com", DATA)])] == [
            Sent
        ]


def test_a_server_that_refuses_everybody_is_left_alone() -> None:
    """An expired password must not mark a million messages as failed."""
    greeting = (b"220 x\r\n", b"250-x\r\n250 PIPELINING\r\n")
    refusal = b"250 OK\r\n550 5.7.1 denied\r\n503 5.5.1 no\r\n503 5.5.1 no\r\n"
    with scripted(*greeting, *[refusal] * 20) as url:
        outcomes = _only(url, 30)
    assert [type(each) for each in outcomes] == [Rejected] * 10 + [NotAttempted] * 20
    refusals = [each for each in outcomes if isinstance(each, Rejected)]
    assert {(each.code, each.permanent, each.fault) for each in refusals} == {
        ("550 5.7.1", True, Fault.SERVER)
    }
    assert _codes(outcomes[10:]) == {"server_refuses"}


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([b"554 5.7.1 go away\r\n"], ("unreachable", "Greeting: 554 5.7.1 go away")),
        ([b"421 busy\r\n"], ("unreachable", "Greeting: 421 busy")),
        ([b"HTTP/1.1 400\r\n"], ("unreachable", "No session: The server's answer is no SMTP.")),
        ([b""], ("unreachable", "No session: timed out")),
        ([b"220 x\r\n", b"502 no\r\n"], ("unreachable", "EHLO: 502 no")),
        ([b"220 x\r\n", b"250 x\r\n"], ("unreachable", None)),
    ],
)
def test_servers_that_are_none(answers: list[bytes], expected: tuple[str, str | None]) -> None:
    if not answers[0]:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            port = silent.getsockname()[1]
            outcomes = _only(f"smtp://127.0.0.1:{port}?timeout=1&connect_timeout=0.2", 2)
    else:
        with scripted(*answers) as url:
            outcomes = _only(url, 2)
    assert all(isinstance(each, NotAttempted) for each in outcomes)
    assert len(outcomes) == 2
    code, reason = expected
    if reason is not None:
        assert outcomes == [NotAttempted(reason, code, 60)] * 2


def test_354_without_a_recipient_is_ended_with_nothing() -> None:
    """RFC 2920 lets a server accept DATA after it refused the only recipient."""
    envelope = b"250 OK\r\n250 OK\r\n550 5.1.1 no\r\n354 go\r\n"
    with scripted(b"220 x\r\n", b"250-x\r\n250 PIPELINING\r\n", envelope, b"554 none\r\n") as url:
        outcomes = _only(url)
    assert [(each.code, each.fault) for each in outcomes if isinstance(each, Rejected)] == [
        ("550 5.1.1", Fault.RECIPIENT)
    ]


def test_replies_of_many_lines_and_torn_into_pieces() -> None:
    answers = (b"220-a\r\n220 x\r\n", b"250-x\r\n250 PIPELINING\r\n")
    envelope = b"250 a\r\n250-b\r\n250 c\r\n250 d\r\n354 e\r\n"
    with scripted(*answers, envelope, b"250-2.0.0 Ok:\r\n250 queued as ABCD1\r\n") as url:
        assert _only(url) == [Sent("ABCD1")]


def _certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    chain, secret = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain, secret)
    return context, chain


def test_tls_and_login(tmp_path: Path) -> None:
    context, chain = _certificate(tmp_path)
    with Catcher(None, tls=context, login=("shop", "pass/word")) as catcher:
        host = f"127.0.0.1:{catcher.port}"
        url = f"smtp://shop:pass%2Fword@{host}?tls=starttls&timeout=30&ca={chain}"
        with client(url) as made:
            for _call in range(2):
                outcomes = list(made.send_many(_items(range(30))))
                assert [type(each) for _key, each in outcomes] == [Sent] * 30
        assert catcher.receiver.connections == 1
        assert catcher.receiver.logins == ["PLAIN"]
        assert _codes(_only(url.replace("pass%2F", "wrong"))) == {"auth_failed"}
        assert _codes(_only(f"smtp://{host}?tls=starttls&timeout=30")) == {"tls_failed"}
        assert [type(each) for each in _only(f"smtp://{host}?tls=may&timeout=30")] == [Sent]
        assert catcher.receiver.stored == 61


def test_tls_that_is_demanded_and_not_offered_sends_nothing() -> None:
    with Catcher(None) as catcher:
        outcomes = _only(f"{catcher.url}?tls=starttls")
        assert outcomes == [NotAttempted("The server offers no TLS.", "tls_failed", 60)]
        assert catcher.receiver.stored == 0


def test_login_of_the_old_kind() -> None:
    greeting = (b"220 x\r\n", b"250-x\r\n250 AUTH LOGIN\r\n")
    prompts = (b"334 VXNlcm5hbWU6\r\n", b"334 UGFzc3dvcmQ6\r\n")
    with scripted(*greeting, *prompts, b"535 5.7.8 no\r\n") as url:
        outcomes = _only(url.replace("//", "//user:word@") + "&tls=none")
    assert outcomes == [NotAttempted("Login: 535 5.7.8 no", "auth_failed", 60)]


def _start_catcher(folder: Path, port: int) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "cvm_platform.local.catcher",
            "--port",
            str(port),
            "--dir",
            str(folder),
        ]
    )
    for _try in range(1200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return process
    process.kill()
    process.wait()
    raise AssertionError("the catcher did not start")


def test_a_mail_server_killed_in_the_middle(tmp_path: Path) -> None:
    """kill -9, a new server, the waiting ones again: nobody is lost, nobody gets two."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = _start_catcher(tmp_path, port)
    total, settled = 300, dict[int, Outcome]()
    try:
        with client(f"smtp://127.0.0.1:{port}?timeout=30&window=8") as made:
            for key, outcome in made.send_many(_items(range(total), DATA + b"x\r\n" * 5000)):
                settled[key] = outcome
                if len(settled) == 100:
                    os.kill(process.pid, signal.SIGKILL)
                    process.wait()
            waiting = [n for n in range(total) if isinstance(settled[n], NotAttempted)]
            doubtful = {n for n in range(total) if isinstance(settled[n], Ambiguous)}
            assert len(settled) == total
            assert len(waiting) > 100
            assert len(doubtful) <= 8
            process = _start_catcher(tmp_path, port)
            again = dict(made.send_many(_items(waiting)))
    finally:
        process.terminate()
        process.wait()
    assert {type(outcome) for outcome in again.values()} == {Sent}
    kept = [
        int(message.recipients[0].split("@")[0].removeprefix("customer"))
        for page in range(1, list_messages(tmp_path).pages + 1)
        for message in list_messages(tmp_path, page=page).messages
    ]
    assert len(kept) == len(set(kept))
    assert set(range(total)) - doubtful <= set(kept)
