"""What the person at the terminal sees: our own lines, and those of the processes with a name
before them. Everything a process says also goes to its own file.
"""

import sys
from pathlib import Path
from typing import TextIO

_COLOURS = ("36", "35", "33", "32", "34", "31")
_NAME_WIDTH = 9
_ROUTINE = " INFO "  # of our own log format


class Terminal:
    def __init__(self, stream: TextIO | None = None, *, log_folder: Path) -> None:
        self._stream = stream or sys.stdout
        self._coloured = self._stream.isatty()
        self._log_folder = log_folder
        self._names: list[str] = []
        self._log_failed = False
        self.calm = False  # of a running platform the screen shows only what is no routine

    def log_path(self, name: str) -> Path:
        return self._log_folder / f"{name}.log"

    def say(self, text: str = "") -> None:
        self._print(text)

    def show(self, name: str, lines: list[str]) -> None:
        """Lines of the process `name`: to its file, and to the screen with its name."""
        if not lines:
            return
        self._keep(name, lines)
        if self.calm:
            lines = [line for line in lines if _ROUTINE not in line]
            if not lines:
                return
        if name not in self._names:
            self._names.append(name)
        label = f"{name:<{_NAME_WIDTH}}|"
        if self._coloured:
            colour = _COLOURS[self._names.index(name) % len(_COLOURS)]
            label = f"\x1b[{colour}m{label}\x1b[0m"
        self._print("\n".join(f"{label} {line}" for line in lines))

    def _keep(self, name: str, lines: list[str]) -> None:
        try:
            with self.log_path(name).open("a", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")
        except OSError as error:
            if not self._log_failed:
                self._log_failed = True
                self._print(f"Logs are not written any more: {error}")

    def _print(self, text: str) -> None:
        try:
            self._stream.write(text + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            pass  # the terminal is gone; the processes and their logs are not
