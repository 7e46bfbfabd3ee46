"""`manage.py up` as people start it. The long way (migrations and all) is in the slow tier."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from cvm_platform.local import up
from cvm_platform.local.ports import answers_http
from cvm_platform.local.process import LocalServerError, take_lock
from cvm_platform.local.valkey import free_port

ROOT = Path(__file__).resolve().parents[4]
OWN = ("DATABASE_URL", "BROKER_URL", "CVM_SMTP_URL", "CVM_MAIL_CATCHER_DIR")


def command(var: Path, *options: str) -> subprocess.Popen[str]:
    env = {key: value for key, value in os.environ.items() if key not in OWN}
    env |= {"CVM_VAR_DIR": str(var), "DJANGO_SETTINGS_MODULE": "cvm_platform.settings.dev"}
    var.mkdir(exist_ok=True)
    with (var / "out").open("w") as out:
        return subprocess.Popen(
            [sys.executable, "manage.py", "up", *options],
            cwd=ROOT,
            env=env,
            text=True,
            stdout=out,
            stderr=subprocess.STDOUT,
        )


def test_second_start_says_that_the_first_runs(tmp_path: Path) -> None:
    lock = take_lock(tmp_path / "up.lock")
    assert lock is not None
    (tmp_path / "up.lock").write_text('{"pid": 4711, "port": 8000}')
    try:
        process = command(tmp_path, "--no-demo")
        assert process.wait(60) == 1
    finally:
        os.close(lock)
    text = (tmp_path / "out").read_text()
    assert "The platform already runs (pid 4711 at port 8000)." in text
    assert not (tmp_path / "pg").exists()


def test_note_of_a_dead_one_does_not_hinder(tmp_path: Path) -> None:
    (tmp_path / "up.lock").write_text(f'{{"pid": {os.getpid()}, "port": 8000}}')
    lock = up._lock(tmp_path)
    os.close(lock)
    assert (tmp_path / "up.lock").read_text() == f'{{"pid": {os.getpid()}, "port": null}}'


def test_full_disk_is_said_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = shutil._ntuple_diskusage(10**12, 10**12 - 5 * 1024**2, 5 * 1024**2)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: full)
    with pytest.raises(LocalServerError, match=r"The disk is full: 5 MB are free at .*, 1024 MB"):
        up._check_space(tmp_path)


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def start(*options: str, var: Path = tmp_path / "var") -> subprocess.Popen[str]:
        started.append(command(var, *options))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def below(marker: str) -> set[int]:
    """Processes with the folder in their environment, whatever folder they work in."""
    found = set()
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdecimal() and marker.encode() in (entry / "environ").read_bytes():
                found.add(int(entry.name))
        except OSError:
            continue
    return found


@pytest.mark.slow
def test_whole_platform_serves_survives_its_database_and_leaves_nothing(
    tmp_path: Path,
    platform: Callable[..., subprocess.Popen[str]],
    wait_until: Callable[..., None],
    running_in: Callable[[], set[int]],
) -> None:
    port = free_port()
    out = tmp_path / "var" / "out"
    process = platform("--no-demo", "--port", str(port))
    wait_until(lambda: "\nReady in" in out.read_text(), 120)
    assert answers_http(port, f"cvm.localhost:{port}", "/health/")

    pid_file = tmp_path / "var" / "pg" / "postmaster.pid"
    os.kill(int(pid_file.read_text().splitlines()[0]), signal.SIGKILL)
    wait_until(lambda: "postgres runs again" in out.read_text())
    wait_until(lambda: answers_http(port, f"cvm.localhost:{port}", "/health/"))

    process.kill()
    process.wait()
    wait_until(lambda: not below(f"CVM_VAR_DIR={tmp_path / 'var'}") and running_in() == set(), 30)

    again = platform("--no-demo", "--port", str(port))
    wait_until(lambda: "\nReady in" in out.read_text(), 60)
    again.send_signal(signal.SIGINT)
    assert again.wait(60) == 0
    lines = [line for line in out.read_text().splitlines() if line.startswith("stopped ")]
    assert lines[-2:] == ["stopped valkey", "stopped postgres"]
    assert not below(f"CVM_VAR_DIR={tmp_path / 'var'}")


def listeners(port: int) -> set[str]:
    """Inodes of the sockets that take connections at this port of 127.0.0.1."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {row[9] for row in rows if row[1] == f"0100007F:{port:04X}" and row[3] == "0A"}


def sockets_of(pids: set[int]) -> set[str]:
    found = set()
    for pid in pids:
        with contextlib.suppress(OSError):
            for entry in Path(f"/proc/{pid}/fd").iterdir():
                with contextlib.suppress(OSError):
                    found.add(entry.readlink().name.removeprefix("socket:[").removesuffix("]"))
    return found


@pytest.mark.slow
def test_two_started_at_once_each_serve_at_the_addresses_that_they_print(
    tmp_path: Path, platform: Callable[..., subprocess.Popen[str]], wait_until: Callable[..., None]
) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    both = [platform("--no-demo", var=folder) for folder in folders]
    for folder in folders:
        wait_until(lambda folder=folder: "\nReady in" in (folder / "out").read_text(), 240)
    seen: list[int] = []
    for folder in folders:
        text = (folder / "out").read_text()
        port = int(re.findall(r"^  http://cvm\.localhost:(\d+)/$", text, re.MULTILINE)[0])
        settings = dict(line.split("=", 1) for line in (folder / "up.env").read_text().splitlines())
        assert settings["CVM_PUBLIC_PORT"] == str(port)
        mail_port = int(settings["CVM_SMTP_URL"].rpartition(":")[2])
        own = sockets_of(below(f"CVM_VAR_DIR={folder}"))
        for one in (port, mail_port):
            assert len(listeners(one)) == 1
            assert listeners(one) <= own
        assert answers_http(port, f"cvm.localhost:{port}", "/health/")
        seen += [port, mail_port]
    assert len(set(seen)) == 4
    for process in both:
        process.send_signal(signal.SIGINT)
    assert [process.wait(60) for process in both] == [0, 0]


def test_asked_port_that_is_taken_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert command(tmp_path, "--no-demo", "--port", str(port)).wait(60) == 1
    text = (tmp_path / "out").read_text()
    assert f"Port {port} is taken by another program. Choose another." in text
    assert not (tmp_path / "pg").exists()


@pytest.mark.slow
def test_servers_that_are_given_are_used_and_none_is_started(
    tmp_path: Path, own_database: str, wait_until: Callable[..., None]
) -> None:
    port = free_port()
    var = tmp_path / "var"
    var.mkdir()
    env = os.environ | {
        "CVM_VAR_DIR": str(var),
        "DJANGO_SETTINGS_MODULE": "cvm_platform.settings.dev",
        "DATABASE_URL": own_database,
        "CVM_SMTP_URL": f"smtp://127.0.0.1:{free_port()}",
    }
    out = var / "out"
    with (
        out.open("w") as stream,
        subprocess.Popen(
            [sys.executable, "manage.py", "up", "--no-demo", "--port", str(port)],
            cwd=ROOT,
            env=env,
            stdout=stream,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            wait_until(lambda: "\nReady in" in out.read_text(), 120)
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
        finally:
            process.kill()
    assert "starting PostgreSQL" not in out.read_text()
    assert not (var / "pg").exists()
    assert not (var / "valkey").exists()
    with psycopg.connect(own_database) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
