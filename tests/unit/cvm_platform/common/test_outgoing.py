"""Nothing inward is called, whatever a name says; redirects, size and time are bound."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpcore
import pytest

from cvm_platform.common import outgoing
from cvm_platform.common.addresses import is_public
from cvm_platform.common.outgoing import Limits, Refused

PUBLIC = "93.184.215.14"
HTTP = Limits(schemes=frozenset({"http", "https"}), seconds=5)

INWARD = [
    "127.0.0.1", "127.8.9.1", "10.0.0.7", "172.16.0.1", "192.168.1.1", "169.254.169.254",
    "0.0.0.0",  # noqa: S104 nothing is bound to it
    "100.64.0.1", "255.255.255.255", "224.0.0.1", "192.0.2.1", "198.18.0.1",
    "240.0.0.1", "192.0.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254",
    "fec0::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1", "2002:7f00:1::1", "2002:a00:1::1", "2001:0:5ef5:79fd:0:59d:80ff:fffe",
]  # fmt: skip
OUTWARD = ["93.184.215.14", "8.8.8.8", "2a00:1450:4001:81b::200e", "::ffff:8.8.8.8",
           "64:ff9b::808:808"]  # fmt: skip


@pytest.mark.parametrize("address", INWARD)
def test_inward_address_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", OUTWARD)
def test_ordinary_address_is_public(address: str) -> None:
    assert is_public(address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the base class names it
        """Nobody reads it."""

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.server.seen.append((self.path, dict(self.headers)))  # type: ignore[attr-defined]
        kind, _sep, rest = self.path.lstrip("/").partition("?")
        if kind == "go":
            self._answer(302, Location=rest)
        elif kind == "big":
            self._answer(200, b"x" * 50_000)
        elif kind == "packed":
            self._answer(200, b"\x1f\x8b", Content_Encoding="gzip")
        elif kind == "endless":
            self.send_response(200)
            self.end_headers()
            self._drip()
        else:
            self._answer(200, b'{"ok": true}')

    def _drip(self) -> None:
        try:
            for _second in range(100):
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.05)
        except OSError:
            self.close_connection = True

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        self.server.seen.append((self.path, body))  # type: ignore[attr-defined]
        if self.path == "/away":
            self._answer(307, Location="http://other.example.org/take")
        else:
            self._answer(200, body)


class Net:
    """A resolver that answers as told, and a road from public addresses to our own server."""

    def __init__(self, port: int, seen: list[Any]) -> None:
        self.port = port
        self.seen = seen
        self.names: dict[str, list[list[str]]] = {}
        self.asked: list[str] = []
        self.connected: list[tuple[str, int]] = []

    def resolve(self, host: str, _port: int) -> list[str]:
        self.asked.append(host)
        answers = self.names.get(host, [[PUBLIC]])
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def connect(self, address: str, port: int, seconds: float) -> httpcore.NetworkStream:
        self.connected.append((address, port))
        return outgoing.connect("127.0.0.1", self.port, seconds)

    def get(self, url: str, **options: Any) -> outgoing.Answer:
        return self.call("GET", url, **options)

    def call(self, method: str, url: str, **options: Any) -> outgoing.Answer:
        options.setdefault("limits", HTTP)
        return outgoing.request(
            method, url, resolver=self.resolve, connector=self.connect, **options
        )


@pytest.fixture
def net() -> Iterator[Net]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.seen = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Net(server.server_address[1], server.seen)  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()
    thread.join(timeout=5)


def _refusal(net: Net, url: str, **options: Any) -> str:
    with pytest.raises(Refused) as caught:
        net.get(url, **options)
    return caught.value.code


def test_public_host_is_called_at_the_checked_address(net: Net) -> None:
    answer = net.get("http://api.example.org/x")
    assert (answer.status, answer.json()) == (200, {"ok": True})
    assert net.connected == [(PUBLIC, 80)]
    assert net.seen[0][1]["Host"] == "api.example.org"


@pytest.mark.parametrize("address", INWARD)
def test_name_that_points_inward_is_refused_before_any_connection(net: Net, address: str) -> None:
    net.names["api.example.org"] = [[address]]
    assert _refusal(net, "http://api.example.org/") == "address"
    assert net.connected == []


def test_one_inward_address_among_public_ones_refuses_all(net: Net) -> None:
    net.names["api.example.org"] = [[PUBLIC, "10.0.0.1"]]
    assert _refusal(net, "http://api.example.org/") == "address"
    assert net.connected == []


def test_rebinding_changes_nothing_the_name_is_asked_once(net: Net) -> None:
    net.names["api.example.org"] = [[PUBLIC], ["127.0.0.1"]]
    assert net.get("http://api.example.org/").status == 200
    assert net.asked == ["api.example.org"]
    assert net.connected == [(PUBLIC, 80)]


def test_redirect_to_a_rebound_name_is_checked_again(net: Net) -> None:
    net.names["one.example.org"] = [[PUBLIC]]
    net.names["two.example.org"] = [["169.254.169.254"]]
    url = "http://one.example.org/go?http://two.example.org/latest/meta-data/"
    assert _refusal(net, url) == "address"
    assert len(net.connected) == 1


@pytest.mark.parametrize(
    "literal",
    ["http://127.0.0.1/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://2130706433/",
     "http://0x7f.1/", "http://0177.0.0.1/", "http://localhost/", "http://0/"],
)  # fmt: skip
def test_every_way_to_write_the_own_machine_is_refused(literal: str) -> None:
    """With the system's own resolver."""
    with pytest.raises(Refused) as caught:
        outgoing.request("GET", literal, limits=HTTP)
    assert caught.value.code in {"address", "network", "host"}


@pytest.mark.parametrize(
    ("url", "code"),
    [("ftp://api.example.org/", "scheme"), ("file:///etc/passwd", "scheme"),
     ("gopher://api.example.org/", "scheme"), ("http://api.example.org:6379/", "port"),
     ("http://user:secret@api.example.org/", "host"), ("//api.example.org/", "scheme"),
     ("not an address", "scheme"), ("http:///path", "host"), ("http://a b/", "host")],
)  # fmt: skip
def test_address_that_is_no_address_of_the_web_is_refused(net: Net, url: str, code: str) -> None:
    assert _refusal(net, url) == code
    assert net.connected == []


def test_plain_http_must_be_asked_for() -> None:
    with pytest.raises(Refused) as caught:
        outgoing.request("GET", "http://api.example.org/")
    assert caught.value.code == "scheme"


@pytest.mark.parametrize("target", ["file:///etc/passwd", "http://api.example.org:22/", "ftp://x/"])
def test_redirect_out_of_the_web_is_refused(net: Net, target: str) -> None:
    assert _refusal(net, f"http://api.example.org/go?{target}") in {"scheme", "port"}


def test_redirects_end(net: Net) -> None:
    assert _refusal(net, "http://api.example.org/go?/go?/go?/go?/go?/x") == "redirect"
    assert net.get("http://api.example.org/go?/x").url == "http://api.example.org/x"


def test_keys_stay_with_the_host_they_were_given_to(net: Net) -> None:
    net.get(
        "http://one.example.org/go?http://two.example.org/x",
        headers={"Authorization": "Bearer key", "X-Api-Key": "key"},
    )
    first, second = (headers for _path, headers in net.seen)
    assert first["Authorization"] == "Bearer key"
    assert "Authorization" not in second
    assert "X-Api-Key" not in second


def test_body_is_not_carried_elsewhere(net: Net) -> None:
    with pytest.raises(Refused) as caught:
        net.call("POST", "http://api.example.org/away", json={"phone": "+7 900 000-00-00"})
    assert caught.value.code == "redirect"
    assert [path for path, _body in net.seen] == ["/away"]
    assert "900" not in str(caught.value)


def test_only_named_hosts_when_they_are_named(net: Net) -> None:
    hosts = {"api.example.org"}
    assert net.get("http://API.example.org/", allowed_hosts=hosts).status == 200
    assert _refusal(net, "http://evil.example.org/", allowed_hosts=hosts) == "host"
    url = "http://api.example.org/go?http://evil.example.org/"
    assert _refusal(net, url, allowed_hosts=hosts) == "host"


def test_guard_of_another_app_may_refuse(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(host: str) -> None:
        if host == "abroad.example.org":
            raise Refused("host", "Not in the register.")

    monkeypatch.setattr(outgoing, "_guards", [])
    outgoing.add_guard(refuse)
    assert net.get("http://api.example.org/").status == 200
    assert _refusal(net, "http://abroad.example.org/") == "host"


def test_answer_that_is_too_big_or_packed_is_broken_off(net: Net) -> None:
    small = Limits(schemes=frozenset({"http"}), size=10_000)
    assert _refusal(net, "http://api.example.org/big", limits=small) == "size"
    assert _refusal(net, "http://api.example.org/packed") == "encoding"


def test_slow_drip_is_broken_off_in_time(net: Net) -> None:
    short = Limits(schemes=frozenset({"http"}), seconds=0.5)
    started = time.monotonic()
    assert _refusal(net, "http://api.example.org/endless", limits=short) == "time"
    assert time.monotonic() - started < 3


def test_proxies_of_the_environment_are_not_used(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert net.get("http://api.example.org/").status == 200
    assert net.connected == [(PUBLIC, 80)]
