"""One PostgreSQL and one Valkey for every test process that runs at the same time.

A keeper process owns them. Each test process holds a shared lock; when the last one ends, in
whatever way, the keeper gets the exclusive lock, stops the servers and ends. Nothing is left
behind, and nobody's servers are stopped under their feet. The data folder stays for next time.
"""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from cvm_platform.local.postgres import running_url as running_postgres_url
from cvm_platform.local.postgres import start_postgres
from cvm_platform.local.process import LocalServerError, RunningServer
from cvm_platform.local.valkey import running_url as running_valkey_url
from cvm_platform.local.valkey import start_valkey

_ROOT = Path(__file__).resolve().parents[2]
# Two runs that must not share a test database each get a folder of their own.
_FOLDER_VARIABLE = "CVM_TEST_DIR"

# Migrated once and copied by every test process; the copies are theirs alone.
_KEPT_DATABASE = "cvm_test_base"
_DATABASE_PREFIX = "cvm_test_"

_held: dict[Path, int] = {}


@dataclass(frozen=True)
class TestServers:
    __test__ = False  # pytest would take the name for a test class

    database_url: str
    broker_url: str


def test_folder() -> Path:
    return Path(os.environ.get(_FOLDER_VARIABLE) or _ROOT / "var" / "test").absolute()


test_folder.__test__ = False  # type: ignore[attr-defined] # as above


def ensure_test_servers(folder: Path | None = None) -> TestServers:
    """Running servers for this process, shared with all others on the same folder.

    Call it as often as you like; the claim lasts until the process ends.
    """
    folder = (folder or test_folder()).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    if folder not in _held:
        # Blocks only while a keeper is shutting down.
        _held[folder] = _open_lock(folder / "users.lock", fcntl.LOCK_SH)
    starting = _open_lock(folder / "start.lock", fcntl.LOCK_EX)
    try:
        return _find(folder) or _start_keeper(folder)
    finally:
        os.close(starting)


def release_test_servers(folder: Path | None = None) -> None:
    """Give the claim up early. The end of the process does the same."""
    descriptor = _held.pop((folder or test_folder()).absolute(), None)
    if descriptor is not None:
        os.close(descriptor)


def _open_lock(path: Path, kind: int) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, kind)
    return descriptor


def _find(folder: Path) -> TestServers | None:
    database_url = running_postgres_url(folder / "pg")
    broker_url = running_valkey_url(folder / "valkey")
    return TestServers(database_url, broker_url) if database_url and broker_url else None


def _start_keeper(folder: Path) -> TestServers:
    done = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-m", "cvm_platform.local.testing", folder],
        check=False,
        cwd=_ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )
    if done.returncode != 0:
        raise LocalServerError(f"Test servers did not start:\n{done.stderr.decode()}")
    return TestServers(**json.loads(done.stdout))


def _start_servers(folder: Path) -> list[RunningServer]:
    try:
        postgres = start_postgres(folder / "pg", durable=False)
    except LocalServerError:
        # Test data is worth nothing: a folder that cannot be used is made anew.
        shutil.rmtree(folder / "pg", ignore_errors=True)
        postgres = start_postgres(folder / "pg", durable=False)
    try:
        _drop_abandoned(postgres.url)
        valkey = start_valkey(folder / "valkey", durable=False)
    except BaseException:
        postgres.stop()
        raise
    return [valkey, postgres]


def _drop_abandoned(database_url: str) -> None:
    """Databases of test processes that were killed. Nobody uses any before the keeper runs."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        found = connection.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s) AND datname <> %s",
            [_DATABASE_PREFIX, _KEPT_DATABASE],
        )
        for (name,) in found.fetchall():
            connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


def _keep(folder: Path, ready: int) -> None:
    """Body of the keeper. Writes the addresses, or nothing on failure, to `ready`."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    servers = _start_servers(folder)
    try:
        broker, database = servers
        answer = TestServers(database_url=database.url, broker_url=broker.url)
        os.write(ready, json.dumps(asdict(answer)).encode())
        os.close(ready)
        # Waits for the last user; new ones wait until the servers are down.
        _open_lock(folder / "users.lock", fcntl.LOCK_EX)
    finally:
        for server in servers:
            server.stop()


def main(folder: Path) -> int:
    """Fork the keeper; end when its servers are ready, their addresses on standard output."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.close(reading)
        os.setsid()
        log = os.open(folder / "keeper.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(log, 1)
        os.dup2(log, 2)
        _keep(folder, writing)
        return 0
    os.close(writing)
    with os.fdopen(reading) as answers:
        answer = answers.read()
    if not answer:
        sys.stderr.write((folder / "keeper.log").read_text())
        return 1
    sys.stdout.write(answer)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
