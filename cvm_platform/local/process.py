"""What the embedded servers share: a locked data folder, a child that dies with its parent,
and a way for PostgreSQL to run when we are root.
"""

import ctypes
import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

_PR_SET_PDEATHSIG = 1
_STOP_SECONDS = 30.0

# Loaded before any fork: dlopen between fork and exec may deadlock.
_libc = ctypes.CDLL(None, use_errno=True)


class LocalServerError(RuntimeError):
    """An embedded server could not be started; the text is for the person at the terminal."""


class AlreadyRunningError(LocalServerError):
    """Another live process holds this data folder."""


def check_libc(result: int, call: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")


def prctl(option: int, argument: int = 0, value: int = 0) -> None:
    check_libc(_libc.prctl(option, argument, value, 0, 0), f"prctl({option})")


def die_with_parent(parent_pid: int, death_signal: int) -> None:
    """Run in the child. The kernel clears this on a change of user, so it comes after that.
    The signal follows the *thread* that forked: start children from the main thread.
    """
    prctl(_PR_SET_PDEATHSIG, death_signal)
    if os.getppid() != parent_pid:  # the parent died before the line above
        os._exit(1)


def follow_parent(death_signal: int) -> Callable[[], None]:
    """A preexec function for a child that needs no change of user."""
    parent_pid = os.getpid()
    return lambda: die_with_parent(parent_pid, death_signal)


def take_lock(path: Path) -> int | None:
    """Descriptor of an exclusive lock on `path`, None when another process holds it.
    The kernel drops the lock with its holder, however that one ends.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def lock_data_folder(data_dir: Path, name: str) -> int:
    descriptor = take_lock(data_dir.with_name(f"{data_dir.name}.lock"))
    if descriptor is None:
        raise AlreadyRunningError(f"{name} is already running on {data_dir}")
    return descriptor


def is_alive(pid: int) -> bool:
    """False for a zombie too: it holds nothing any more."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def wait_for_exit(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while is_alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def tail(path: Path, lines: int = 12) -> str:
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"


@dataclass
class RunningServer:
    """A server process that we started and own. `url` fits DATABASE_URL or BROKER_URL."""

    name: str
    url: str
    process: subprocess.Popen[bytes]
    lock: int
    stop_signal: int = signal.SIGTERM
    _stopped: bool = field(default=False, init=False)

    @property
    def pid(self) -> int:
        return self.process.pid

    def is_running(self) -> bool:
        return self.process.poll() is None

    def stop(self, seconds: float = _STOP_SECONDS) -> None:
        """Ask, wait, then kill. Safe to call twice."""
        if self._stopped:
            return
        self._stopped = True
        stop_process(self.process, self.stop_signal, seconds)
        os.close(self.lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def stop_process(process: subprocess.Popen[bytes], stop_signal: int, seconds: float) -> None:
    if process.poll() is not None:
        return
    process.send_signal(stop_signal)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
