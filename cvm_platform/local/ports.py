"""Ports of this machine: holding one for a server of ours, and whether something answers."""

import errno
import http.client
import socket
from typing import Self

from cvm_platform.local.process import LocalServerError

HOST = "127.0.0.1"
_HOST6 = "::1"
_TRIES = 200


class PortTakenError(LocalServerError):
    """Another program listens there, or holds it."""


class HeldPort:
    """A port of both loopbacks that is ours until `close`, whether something serves it or not.

    Web servers share a port among their workers (SO_REUSEPORT), so two of the same user would
    share it with each other and never notice. Hence claimed alone first, by listening without any
    sharing, and only then opened to those who share it knowingly: programs of the same user that
    bind with SO_REUSEPORT, which the next claim does not. The sockets left here listen no more:
    they take no connections, and they go with this process, however it ends.

    A browser may ask ::1 first, so nobody else may stand there either.
    """

    def __init__(self, number: int) -> None:
        """:raises PortTakenError: as it says. :raises LocalServerError: not allowed to us."""
        self.number = number
        self._sockets: list[socket.socket] = []
        try:
            self._sockets.append(_claim(socket.AF_INET, HOST, number))
            if _has_ipv6_loopback():
                self._sockets.append(_claim(socket.AF_INET6, _HOST6, number))
        except OSError as error:
            self.close()
            if error.errno == errno.EADDRINUSE:
                raise PortTakenError(
                    f"Port {number} is taken by another program. Choose another."
                ) from error
            if error.errno == errno.EACCES:
                raise LocalServerError(f"Port {number} is reserved for root.") from error
            raise LocalServerError(f"Port {number}: {error.strerror}") from error

    def close(self) -> None:
        for held in self._sockets:
            held.close()
        self._sockets.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def _claim(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    held = socket.socket(family)
    try:
        # without it, the last minute's closed connections would count as taken
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            held.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        held.bind((host, port))
        held.listen(1)  # of two who have bound only one can listen
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        held.shutdown(socket.SHUT_RDWR)
    except OSError:
        held.close()
        raise
    return held


def _has_ipv6_loopback() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind((_HOST6, 0))
    except OSError:
        return False
    return True


def hold_port(preferred: int, *, exactly: bool = False) -> HeldPort:
    """`preferred`, or the next free one after it.

    :raises LocalServerError: `exactly` was asked and it is not to be had, or none is free.
    """
    if exactly:
        return HeldPort(preferred)
    for number in range(preferred, min(preferred + _TRIES, 65536)):
        try:
            return HeldPort(number)
        except PortTakenError:
            continue
    raise LocalServerError(f"No free port from {preferred} on.")


def answers(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), timeout=1):
            return True
    except OSError:
        return False


def answers_http(port: int, host_header: str, path: str) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    try:
        connection.request("GET", path, headers={"Host": host_header})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
