"""The one way out: every call to another host goes through here, and a test sees to that.

An address given by a user or by a partner may point inward (SSRF). So the name is resolved here,
every address it gives must be public, and the connection goes to exactly the address that was
checked: a name that answers otherwise a moment later (DNS rebinding) changes nothing. Redirects
are followed by hand, each checked like the first address. Size, time, scheme and port are bound.
"""

import json as json_module
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import httpcore
import httpx

from cvm_platform.common.addresses import is_public

Resolver = Callable[[str, int], Sequence[str]]
Connector = Callable[[str, int, float], httpcore.NetworkStream]
Guard = Callable[[str], None]

_PORTS = {"https": 443, "http": 80}
_REPEATABLE = {"GET", "HEAD"}
_REDIRECTS = {301, 302, 303, 307, 308}
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\]", re.IGNORECASE)


class Refused(Exception):
    """The call was not made, or was broken off.

    `code` is one of: scheme, port, address, host, redirect, size, time, encoding, network.
    The text names the host, never the path or the body: they may hold personal data.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Limits:
    """`seconds` for everything together, redirects included; `size` of the answer in bytes."""

    seconds: float = 10.0
    size: int = 5 * 1024 * 1024
    redirects: int = 3
    schemes: frozenset[str] = frozenset({"https"})
    # besides the usual port of a scheme
    ports: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    def json(self) -> Any:
        return json_module.loads(self.body)


USUAL = Limits()
_guards: list[Guard] = []


def add_guard(guard: Guard) -> Guard:
    """Registers who may refuse a host by raising: the register of permitted recipients."""
    if guard not in _guards:
        _guards.append(guard)
    return guard


def resolve(host: str, port: int) -> list[str]:
    """Addresses of a name, as the system knows them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in found))


def connect(address: str, port: int, seconds: float) -> httpcore.NetworkStream:
    return httpcore.SyncBackend().connect_tcp(address, port, timeout=seconds)


class _Deadline:
    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds.

        Raises:
            Refused: there are none.
        """
        left = self._until - time.monotonic()
        if left <= 0:
            raise Refused("time", "The other side answers too slowly.")
        return left


class _Stream(httpcore.NetworkStream):
    """A peer that sends a byte a second keeps within every timeout but this one."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.left())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        secured = self._inner.start_tls(ssl_context, server_hostname, self._deadline.left())
        return _Stream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    """Resolves, checks and connects in one step: there is no second look at the name."""

    def __init__(self, deadline: _Deadline, resolver: Resolver, connector: Connector) -> None:
        self._deadline = deadline
        self._resolve = resolver
        self._connect = connector

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            addresses = list(self._resolve(host, port))
        except (OSError, UnicodeError) as error:
            raise Refused("network", f"The host {host} is not found.") from error
        # one inner address among public ones is an attempt, not a choice of the better one
        if not addresses or not all(is_public(address) for address in addresses):
            raise Refused("address", f"The host {host} is not on the public internet.")
        return _Stream(self._connect(addresses[0], port, self._deadline.left()), self._deadline)


class _Transport(httpx.HTTPTransport):
    def __init__(self, backend: _Backend) -> None:
        super().__init__(verify=_certificates(), trust_env=False)
        self._pool.close()
        self._pool = httpcore.ConnectionPool(
            ssl_context=_certificates(), max_connections=1, network_backend=backend
        )


@lru_cache(maxsize=1)
def _certificates() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    content: bytes | None = None,
    json: Any = None,
    allowed_hosts: Iterable[str] | None = None,
    limits: Limits = USUAL,
    resolver: Resolver = resolve,
    connector: Connector = connect,
) -> Answer:
    """One call with its redirects.

    Args:
        allowed_hosts: exact names; others are refused, also as the target of a redirect.
        resolver, connector: the network; tests put theirs in. The check stands between the two.

    Raises:
        Refused: the address, the answer or the network; nothing is known about the other side
            then, except that it may have got the request when the code is time, size or network.
    """
    deadline = _Deadline(limits.seconds)
    hosts = None if allowed_hosts is None else {host.lower() for host in allowed_hosts}
    target = _parsed(url)
    sent = dict(headers or {})
    if json is not None:
        content = json_module.dumps(json, ensure_ascii=False).encode()
        sent.setdefault("Content-Type", "application/json")
    with httpx.Client(
        transport=_Transport(_Backend(deadline, resolver, connector)), trust_env=False,
        timeout=limits.seconds, follow_redirects=False,
    ) as client:  # fmt: skip
        for _hop in range(limits.redirects + 1):
            _check_target(target, hosts, limits)
            built = client.build_request(method, target, headers=sent, content=content)
            answer, location = _exchange(client, built, limits.size)
            if not location:
                return answer
            following = _joined(target, location)
            if method not in _REPEATABLE:
                raise Refused("redirect", f"The host {target.host} sends a {method} elsewhere.")
            if (following.scheme, following.host) != (target.scheme, target.host):
                sent = {}  # keys and tokens are for the host they were given to
            target = following
    raise Refused("redirect", f"The host {target.host} redirects too many times.")


def _parsed(url: str) -> httpx.URL:
    try:
        return httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise Refused("host", "This is not an address of the web.") from error


def _joined(base: httpx.URL, location: str) -> httpx.URL:
    try:
        return base.join(location)
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise Refused("redirect", f"The host {base.host} redirects to nowhere.") from error


def _check_target(url: httpx.URL, hosts: set[str] | None, limits: Limits) -> None:
    if url.scheme not in limits.schemes:
        raise Refused("scheme", f"Addresses with {url.scheme or 'no scheme'} are not called.")
    host = url.raw_host.decode("ascii")
    if not (_HOST.fullmatch(host) or _HOST.fullmatch(f"[{host}]")) or url.userinfo:
        raise Refused("host", "An address is a host and a path, without a name and a password.")
    usual = _PORTS.get(url.scheme)
    if url.port is not None and url.port != usual and url.port not in limits.ports:
        raise Refused("port", f"The port {url.port} of {url.host} is not called.")
    if hosts is not None and url.host.lower() not in hosts:
        raise Refused("host", f"The host {url.host} is not among those permitted.")
    for guard in _guards:
        guard(url.host)


def _exchange(client: httpx.Client, built: httpx.Request, most: int) -> tuple[Answer, str]:
    """The answer, and where it sends us (empty: nowhere)."""
    host, url = built.url.host, str(built.url)
    built.headers["Accept-Encoding"] = "identity"  # unpacked, a small answer may be any size
    try:
        response = client.send(built, stream=True)
        try:
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise Refused("encoding", f"The host {host} answers packed.")
            if response.status_code in _REDIRECTS and "Location" in response.headers:
                return Answer(response.status_code, {}, b"", url), response.headers["Location"]
            body = bytearray()
            for part in response.iter_raw():
                body += part
                if len(body) > most:
                    raise Refused("size", f"The host {host} answers with too much.")
            return Answer(response.status_code, dict(response.headers), bytes(body), url), ""
        finally:
            response.close()
    except httpx.TimeoutException as error:
        raise Refused("time", "The other side answers too slowly.") from error
    except (httpx.HTTPError, OSError) as error:
        raise Refused("network", f"The call to {host} failed.") from error
