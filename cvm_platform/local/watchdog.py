"""Ends what a killed supervisor left: SIGKILL cannot be caught, and a child's own children do
not die with their grandparent.

Runs as a script of its own, standard library only. The supervisor holds the other end of our
standard input and writes `+<group> <signal>` for every process group that it starts and
`-<group>` when it is gone. End of input means that the supervisor is dead or done.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

_PATIENCE_SECONDS = 8.0


class Watchdog:
    """The supervisor's side."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-I", "-S", Path(__file__)],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def guard(self, group: int, stop_signal: int) -> None:
        self._write(f"+{group} {stop_signal}\n")

    def forget(self, group: int) -> None:
        self._write(f"-{group}\n")

    def close(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()

    def _write(self, line: str) -> None:
        try:
            if self._process.stdin is not None:
                self._process.stdin.write(line.encode())
                self._process.stdin.flush()
        except BrokenPipeError:
            pass  # somebody killed it; the children still have their death signal


def signal_group(group: int, number: int) -> bool:
    """False when the group has no process any more."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def follow(lines: Iterable[str]) -> dict[int, int]:
    """Groups that are still there at the end of the input, with the signal that stops them."""
    groups: dict[int, int] = {}
    for line in lines:
        if line.startswith("+"):
            group, number = line[1:].split()
            groups[int(group)] = int(number)
        elif line.startswith("-"):
            groups.pop(int(line[1:]), None)
    return groups


def end(groups: dict[int, int], patience: float = _PATIENCE_SECONDS) -> None:
    left = [group for group, number in groups.items() if signal_group(group, number)]
    deadline = time.monotonic() + patience
    while left and time.monotonic() < deadline:
        time.sleep(0.05)
        left = [group for group in left if signal_group(group, 0)]
    for group in left:
        signal_group(group, signal.SIGKILL)


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    end(follow(sys.stdin))


if __name__ == "__main__":
    main()
