"""Starts processes in order, shows what they say, starts a crashed one again, stops all.

One thread only: the death signal of a child follows the thread that forked it.
"""

import selectors
import shutil
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from cvm_platform.local.process import LocalServerError
from cvm_platform.local.terminal import Terminal
from cvm_platform.local.units import Command, CommandUnit, Unit
from cvm_platform.local.watchdog import Watchdog

_TICK_SECONDS = 0.1
_READY_SECONDS = 90.0
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 30.0
_STEADY_SECONDS = 30.0  # who ran this long starts again without a long pause
_LITTLE_SPACE_BYTES = 100 * 1024 * 1024


class StartError(LocalServerError):
    """A process did not start, or a step of the start failed."""


class StopAskedError(Exception):
    """Ctrl-C or SIGTERM came while we were still starting."""


def full_disk(folder: Path) -> str:
    """A sentence when little space is left where the processes write, else nothing."""
    free = shutil.disk_usage(folder).free
    if free >= _LITTLE_SPACE_BYTES:
        return ""
    return f"The disk is full: {free // 1024**2} MB are free at {folder}."


@dataclass
class Watched:
    unit: Unit
    started_at: float = 0.0
    failures: int = 0
    start_again_at: float | None = None
    stop_seconds: float = field(default=30.0)


class Supervisor:
    def __init__(self, terminal: Terminal, folder: Path, environment: dict[str, str]) -> None:
        self.terminal = terminal
        self.folder = folder
        self.environment = environment
        self.watched: list[Watched] = []
        self.stop_asked = 0
        self._selector = selectors.DefaultSelector()
        self._watchdog = Watchdog()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.stop_asked += 1

    # ---- start -----------------------------------------------------------------------------

    def unit(self, spec: Command) -> CommandUnit:
        log = self.terminal.log_path(spec.name)
        return CommandUnit(spec, self.folder, self.environment, log)

    def run_step(self, spec: Command) -> None:
        """Run to the end, showing the output.

        :raises StartError: it failed. :raises StopAskedError: we were told to stop meanwhile.
        """
        unit = self.unit(spec)
        self._start(Watched(unit))
        try:
            while unit.exit_code() is None:
                self._pump()
                if self.stop_asked:
                    unit.ask_to_stop()
                    self._wait_gone(unit, spec.stop_seconds)
                    raise StopAskedError
        finally:
            self._release(unit)
        if unit.exit_code() != 0:
            raise StartError(f"“{spec.name}” failed with code {unit.exit_code()}; {self._hint()}")

    def start(self, *units: Unit) -> None:
        """Start all, then wait until each is ready.

        :raises StartError: one ended or did not become ready in time.
        """
        for unit in units:
            entry = Watched(unit)
            if isinstance(unit, CommandUnit):
                entry.stop_seconds = unit.spec.stop_seconds
            self._start(entry)
            self.watched.append(entry)
        deadline = time.monotonic() + _READY_SECONDS
        waiting = list(units)
        while waiting:
            self._pump()
            if self.stop_asked:
                raise StopAskedError
            for unit in units:
                if unit.exit_code() is not None:
                    what = f"ended with code {unit.exit_code()}"
                    raise StartError(f"“{unit.name}” {what}; {self._hint()}")
            waiting = [unit for unit in waiting if not unit.is_ready()]
            if waiting and time.monotonic() > deadline:
                raise StartError(f"“{waiting[0].name}” is not ready; {self._hint()}")

    def _start(self, entry: Watched) -> None:
        entry.unit.start()
        entry.started_at = time.monotonic()
        entry.start_again_at = None
        self._watchdog.guard(entry.unit.group, entry.unit.stop_signal)
        if isinstance(entry.unit, CommandUnit):
            self._selector.register(entry.unit.output, selectors.EVENT_READ, entry.unit)

    def _hint(self) -> str:
        written = self.terminal.log_path("*").parent
        return full_disk(written) or f"see above and {written}"

    # ---- run -------------------------------------------------------------------------------

    def watch(self) -> None:
        """Until Ctrl-C, SIGTERM or SIGHUP."""
        while not self.stop_asked:
            self._pump()
            for entry in self.watched:
                self._look_after(entry)

    def _look_after(self, entry: Watched) -> None:
        now = time.monotonic()
        if entry.start_again_at is not None:
            if now >= entry.start_again_at:
                self._restart(entry)
            return
        code = entry.unit.exit_code()
        if code is None:
            return
        if now - entry.started_at > _STEADY_SECONDS:
            entry.failures = 0
        self._release(entry.unit)
        self._plan_restart(entry, f"ended with code {code}")

    def _restart(self, entry: Watched) -> None:
        try:
            self._start(entry)
        except (OSError, LocalServerError) as error:
            self._plan_restart(entry, f"did not start: {error}")
            return
        self.terminal.say(f"{entry.unit.name} runs again (pid {entry.unit.group})")

    def _plan_restart(self, entry: Watched, what: str) -> None:
        pause = min(_FIRST_PAUSE_SECONDS * 2**entry.failures, _LONGEST_PAUSE_SECONDS)
        entry.failures += 1
        entry.start_again_at = time.monotonic() + pause
        self.terminal.say(f"{entry.unit.name} {what}; next start in {pause:g} s")
        if full := full_disk(self.terminal.log_path("*").parent):
            self.terminal.say(full)

    def _pump(self, seconds: float = _TICK_SECONDS) -> None:
        """Show what has come; waits at most `seconds` for something to come."""
        if not self._selector.get_map():
            time.sleep(seconds)
            return
        for key, _events in self._selector.select(seconds):
            unit: CommandUnit = key.data
            self.terminal.show(unit.name, unit.read_lines())
            if unit.at_end:
                self._selector.unregister(key.fd)

    def _release(self, unit: Unit) -> None:
        group = unit.group
        if isinstance(unit, CommandUnit):
            while lines := unit.read_lines():
                self.terminal.show(unit.name, lines)
            if unit.output in self._selector.get_map():
                self._selector.unregister(unit.output)
        unit.finish()
        self._watchdog.forget(group)

    # ---- stop ------------------------------------------------------------------------------

    def stop(self) -> None:
        """Our processes first, all at once; then the servers, the last started first."""
        running = [entry for entry in reversed(self.watched) if entry.start_again_at is None]
        asked_before = self.stop_asked
        for entry in running:
            entry.unit.ask_to_stop()
        for entry in running:
            if isinstance(entry.unit, CommandUnit):
                self._wait_gone(entry.unit, entry.stop_seconds, asked_before)
            self._release(entry.unit)
            self.terminal.say(f"stopped {entry.unit.name}")
        self.watched.clear()
        self._watchdog.close()
        self._selector.close()

    def _wait_gone(self, unit: Unit, seconds: float, asked_before: int | None = None) -> None:
        """A second Ctrl-C ends the waiting; `_release` then kills."""
        before = self.stop_asked if asked_before is None else asked_before
        deadline = time.monotonic() + seconds
        while unit.exit_code() is None and time.monotonic() < deadline:
            self._pump(0.02)
            if self.stop_asked > before:
                return
