import errno
import http.server
import os
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from cvm_platform.local.ports import (
    HeldPort,
    PortTakenError,
    answers,
    answers_http,
    hold_port,
)
from cvm_platform.local.process import LocalServerError
from cvm_platform.local.valkey import free_port

_NOBODY = 65534


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other


def shares(port: int) -> socket.socket:
    """Binds as web servers do: SO_REUSEPORT."""
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        server.bind(("127.0.0.1", port))
        server.listen()
    except OSError:
        server.close()
        raise
    return server


def test_taken_port_is_passed_over(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    assert answers(port)
    with hold_port(port) as held:
        assert held.number > port


def test_port_of_a_server_that_would_share_it_is_passed_over() -> None:
    port = free_port()
    with shares(port), hold_port(port) as held:
        assert held.number > port


def test_port_taken_on_the_other_loopback_counts_as_taken() -> None:
    with socket.socket(socket.AF_INET6) as other:
        other.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            other.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6 loopback")
        other.listen()
        with pytest.raises(PortTakenError):
            HeldPort(other.getsockname()[1])


def test_held_port_is_served_beside_the_holder_and_by_nobody_who_does_not_share() -> None:
    port = free_port()
    with hold_port(port, exactly=True) as held:
        assert held.number == port
        assert not answers(port)
        with pytest.raises(PortTakenError):
            HeldPort(port)
        with socket.socket() as plain, pytest.raises(OSError, match="Address already in use"):
            plain.bind(("127.0.0.1", port))
        with shares(port) as server:
            for _attempt in range(20):  # the kernel hands none of them to the holder
                with socket.create_connection(("127.0.0.1", port), timeout=1):
                    server.accept()[0].close()
        with pytest.raises(PortTakenError):
            HeldPort(port)  # nobody serves it for the moment
    HeldPort(port).close()


def test_port_with_connections_just_closed_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            server.accept()[0].close()
    HeldPort(port).close()


def test_of_many_who_ask_at_once_each_gets_a_port_of_its_own() -> None:
    start, first = threading.Barrier(8), free_port()

    def ask(_number: int) -> HeldPort:
        start.wait()
        return hold_port(first)

    with ThreadPoolExecutor(8) as pool:
        held = list(pool.map(ask, range(8)))
    try:
        assert len({one.number for one in held}) == 8
    finally:
        for one in held:
            one.close()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be two users")
def test_another_user_is_kept_out_in_both_directions() -> None:
    port = free_port()
    with hold_port(port), shares(port):
        os.seteuid(_NOBODY)
        try:
            with pytest.raises(PortTakenError):
                HeldPort(port)
            with pytest.raises(OSError, match="Address already in use"):
                shares(port)
            theirs = hold_port(port)
        finally:
            os.seteuid(0)
    with theirs, pytest.raises(PortTakenError):
        HeldPort(theirs.number)


def test_exact_port_that_is_taken_is_refused_with_its_number(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    with pytest.raises(LocalServerError, match=rf"^Port {port} is taken by another program\."):
        hold_port(port, exactly=True)


def test_low_port_is_refused_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> socket.socket:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("cvm_platform.local.ports._claim", refuse)
    with pytest.raises(LocalServerError, match=r"^Port 80 is reserved for root\.$"):
        hold_port(80, exactly=True)


def test_health_is_asked_with_the_host_header_and_needs_200() -> None:
    seen: list[str | None] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers["Host"])
            self.send_response(200 if self.path == "/health/" else 503)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 its own name
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        port = server.server_address[1]
        assert answers_http(port, "cvm.localhost:1", "/health/")
        assert not answers_http(port, "cvm.localhost:1", "/other/")
        server.shutdown()
        thread.join()
    assert seen == ["cvm.localhost:1", "cvm.localhost:1"]
    assert not answers_http(port, "cvm.localhost:1", "/health/")
