"""What the supervisor starts and stops: commands of ours, and the embedded servers."""

import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from cvm_platform.local.process import RunningServer, follow_parent
from cvm_platform.local.watchdog import signal_group

_LOG_LIMIT_BYTES = 10 * 1024 * 1024
_CHUNKS_AT_ONCE = 16  # one talkative process must not keep the others waiting


class Unit(Protocol):
    """One supervised process with all its children."""

    @property
    def name(self) -> str: ...
    @property
    def group(self) -> int: ...
    @property
    def stop_signal(self) -> int: ...
    def start(self) -> None: ...
    def exit_code(self) -> int | None: ...
    def is_ready(self) -> bool: ...
    def ask_to_stop(self) -> None: ...
    def finish(self) -> None: ...


@dataclass(frozen=True)
class Command:
    """A line of the table of processes.

    `ready_text` is awaited in the output, `ready_check` is asked; with neither, started is ready.
    A `late` one starts when all others are ready, so that it does not slow them down.
    """

    name: str
    command: tuple[str, ...]
    ready_text: str = ""
    ready_check: Callable[[], bool] | None = None
    stop_signal: int = signal.SIGTERM
    stop_seconds: float = 15.0
    late: bool = False


@dataclass
class CommandUnit:
    spec: Command
    folder: Path
    environment: dict[str, str]
    log_path: Path
    process: subprocess.Popen[bytes] | None = None
    seen_ready_text: bool = False
    at_end: bool = False  # of its output
    _rest: bytes = field(default=b"", init=False)

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def group(self) -> int:
        return self._running.pid

    @property
    def stop_signal(self) -> int:
        return self.spec.stop_signal

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        if self.process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self.process

    def start(self) -> None:
        rotate(self.log_path)
        self.seen_ready_text = self.at_end = False
        self._rest = b""
        self.process = subprocess.Popen(  # noqa: S603 - commands of our own table
            self.spec.command,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            preexec_fn=follow_parent(self.spec.stop_signal),  # noqa: PLW1509 - die with the parent
            start_new_session=True,  # a group of its own, and Ctrl-C comes from us, in order
        )
        os.set_blocking(self.output, False)

    @property
    def output(self) -> int:
        stream = self._running.stdout
        if stream is None:
            raise RuntimeError(f"{self.name} has no output")
        return stream.fileno()

    def read_lines(self) -> list[str]:
        """Whole lines that have come since; the rest is kept for the next call."""
        chunks = [self._rest]
        while len(chunks) <= _CHUNKS_AT_ONCE:
            try:
                chunk = os.read(self.output, 65536)
            except BlockingIOError:
                break
            self.at_end = not chunk
            if self.at_end:
                chunks.append(b"\n")  # the last line may lack its end
                break
            chunks.append(chunk)
        *lines, self._rest = b"".join(chunks).split(b"\n")
        texts = [line.decode(errors="replace").rstrip() for line in lines if line.strip()]
        if self.spec.ready_text and any(self.spec.ready_text in text for text in texts):
            self.seen_ready_text = True
        return texts

    def exit_code(self) -> int | None:
        return self._running.poll()

    def is_ready(self) -> bool:
        if self.spec.ready_text and not self.seen_ready_text:
            return False
        return self.spec.ready_check is None or self.spec.ready_check()

    def ask_to_stop(self) -> None:
        if self.exit_code() is None:
            self._running.send_signal(self.spec.stop_signal)

    def finish(self) -> None:
        """Kill whatever is left of the group and let go of its output."""
        signal_group(self.group, signal.SIGKILL)
        self._running.wait()
        if self._running.stdout is not None:
            self._running.stdout.close()


@dataclass
class ServerUnit:
    """An embedded server; its start blocks until it is ready."""

    name: str
    starter: Callable[[], RunningServer]
    server: RunningServer | None = None

    @property
    def _running(self) -> RunningServer:
        if self.server is None:
            raise RuntimeError(f"{self.name} was not started")
        return self.server

    @property
    def url(self) -> str:
        return self._running.url

    @property
    def group(self) -> int:
        return self._running.pid

    @property
    def stop_signal(self) -> int:
        return self._running.stop_signal

    def start(self) -> None:
        self.server = self.starter()

    def exit_code(self) -> int | None:
        return self._running.process.poll()

    def is_ready(self) -> bool:
        return self.exit_code() is None

    def ask_to_stop(self) -> None:
        """Servers go last, one after another: see `finish`."""

    def finish(self) -> None:
        self._running.stop()


def rotate(log_path: Path) -> None:
    try:
        if log_path.stat().st_size > _LOG_LIMIT_BYTES:
            log_path.replace(log_path.with_name(f"{log_path.name}.1"))
    except FileNotFoundError:
        log_path.parent.mkdir(parents=True, exist_ok=True)
