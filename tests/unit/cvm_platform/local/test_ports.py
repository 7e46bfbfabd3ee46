import http.server
import socket
import threading

import pytest

from cvm_platform.local.ports import answers, answers_http, choose_port, is_taken
from cvm_platform.local.process import LocalServerError
from cvm_platform.local.valkey import free_port


def test_taken_port_is_passed_over() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert is_taken(port)
        assert answers(port)
        assert choose_port(port) > port


def test_port_taken_on_the_other_loopback_counts_as_taken() -> None:
    with socket.socket(socket.AF_INET6) as other:
        other.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            other.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6 loopback")
        other.listen()
        assert is_taken(other.getsockname()[1])


def test_free_port_is_taken_as_asked() -> None:
    port = free_port()
    assert not is_taken(port)
    assert not answers(port)
    assert choose_port(port, exactly=True) == port


def test_exact_port_that_is_taken_is_refused_with_its_number() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(LocalServerError, match=f"Port {port} is taken"):
            choose_port(port, exactly=True)


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
