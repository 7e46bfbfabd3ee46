"""Ports of this machine, and whether something answers behind them."""

import http.client
import socket

from cvm_platform.local.process import LocalServerError

HOST = "127.0.0.1"
_TRIES = 200


def is_taken(port: int) -> bool:
    """On either loopback: a browser may ask ::1 first and meet somebody else there."""
    with socket.socket() as probe:
        # without it, the last minute's closed connections would count as taken
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    try:
        with socket.create_connection(("::1", port), timeout=0.2):
            return True
    except OSError:
        return False


def choose_port(preferred: int, *, exactly: bool = False) -> int:
    """`preferred`, or the next free one after it.

    :raises LocalServerError: `exactly` was asked and it is taken, or none is free.
    """
    if exactly and is_taken(preferred):
        raise LocalServerError(f"Port {preferred} is taken by another program. Choose another.")
    for port in range(preferred, min(preferred + _TRIES, 65536)):
        if not is_taken(port):
            return port
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
