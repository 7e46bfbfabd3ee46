import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cvm_platform.local.process import is_alive
from cvm_platform.local.supervisor import full_disk

SCRIPT = Path(__file__).with_name("supervised.py")
ROOT = Path(__file__).resolve().parents[4]

# A process with a child of its own that would outlive it, and that ignores the polite signal.
PARENT = (
    "import signal, subprocess, sys, time\n"
    "child = subprocess.Popen([sys.executable, '-c', "
    "'import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)'])\n"
    "print('pids', child.pid, flush=True)\n"
    "time.sleep(600)\n"
)
PLAIN = "import time; print('plain is up', flush=True); time.sleep(600)"


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


class Supervised:
    def __init__(self, folder: Path, *table: dict[str, Any]) -> None:
        self.folder = folder
        self.out = folder / "out"
        with self.out.open("w") as out:
            self.process = subprocess.Popen(
                [sys.executable, SCRIPT, folder, json.dumps(table)],
                stdout=out,
                stderr=subprocess.STDOUT,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
            )

    def said(self, text: str) -> bool:
        return text in self.out.read_text()

    def line(self, start: str) -> str:
        found = [line for line in self.out.read_text().splitlines() if start in line]
        return found[-1]


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Callable[..., Supervised]]:
    started: list[Supervised] = []

    def start(*table: dict[str, Any]) -> Supervised:
        started.append(Supervised(tmp_path, *table))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()


def test_killed_supervisor_leaves_nothing_not_even_grandchildren(
    supervised: Callable[..., Supervised],
    wait_until: Callable[..., None],
    running_in: Callable[[], set[int]],
) -> None:
    one = supervised(
        {"name": "parent", "command": python(PARENT), "ready_text": "pids"},
        {"name": "plain", "command": python(PLAIN), "ready_text": "plain is up"},
    )
    wait_until(lambda: one.said("\nready"))
    assert len(running_in()) == 3
    one.process.kill()
    one.process.wait()
    wait_until(lambda: running_in() == set())


def test_crashed_process_is_started_again_and_its_child_is_ended(
    supervised: Callable[..., Supervised],
    wait_until: Callable[..., None],
    running_in: Callable[[], set[int]],
) -> None:
    one = supervised({"name": "parent", "command": python(PARENT), "ready_text": "pids"})
    wait_until(lambda: one.said("\nready"))
    child = int(one.line("pids").split()[-1])
    (leader,) = running_in() - {child}
    os.kill(leader, signal.SIGKILL)
    wait_until(lambda: one.said("parent ended with code -9; next start in 0.5 s"))
    wait_until(lambda: one.said("parent runs again"))
    wait_until(lambda: not is_alive(child))
    wait_until(lambda: len(running_in()) == 2)
    assert leader not in running_in()


def test_pauses_between_starts_grow(
    supervised: Callable[..., Supervised], wait_until: Callable[..., None]
) -> None:
    crash_later = "import time; print('up', flush=True); time.sleep(0.3); raise SystemExit(7)"
    one = supervised({"name": "bad", "command": python(crash_later), "ready_text": "up"})
    for pause in ("0.5", "1", "2"):
        wait_until(lambda pause=pause: one.said(f"bad ended with code 7; next start in {pause} s"))
    one.process.terminate()
    assert one.process.wait(10) == 0


def test_clean_stop_goes_backwards_and_ends_all(
    supervised: Callable[..., Supervised],
    wait_until: Callable[..., None],
    running_in: Callable[[], set[int]],
) -> None:
    one = supervised(
        {"name": "first", "command": python(PLAIN), "ready_text": "up"},
        {"name": "second", "command": python(PLAIN), "ready_text": "up"},
    )
    wait_until(lambda: one.said("\nready"))
    one.process.send_signal(signal.SIGINT)
    assert one.process.wait(10) == 0
    text = one.out.read_text()
    assert text.endswith("stopped second\nstopped first\ngone\n")
    assert running_in() == set()
    assert (one.folder / "log" / "first.log").read_text() == "plain is up\n"


def test_stubborn_process_is_killed_after_its_time_or_at_once_when_asked_twice(
    supervised: Callable[..., Supervised],
    wait_until: Callable[..., None],
    running_in: Callable[[], set[int]],
) -> None:
    stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True)\n"
    one = supervised(
        {
            "name": "stubborn",
            "command": python(f"{stubborn}time.sleep(600)"),
            "ready_text": "up",
            "stop_seconds": 60.0,
        }
    )
    wait_until(lambda: one.said("\nready"))
    one.process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert one.process.poll() is None
    one.process.send_signal(signal.SIGINT)
    assert one.process.wait(10) == 0
    assert running_in() == set()


def test_process_that_ends_during_the_start_stops_the_others(
    supervised: Callable[..., Supervised], running_in: Callable[[], set[int]]
) -> None:
    one = supervised(
        {"name": "good", "command": python(PLAIN), "ready_text": "up"},
        {"name": "bad", "command": python("print('no port'); raise SystemExit(3)")},
        {"name": "late", "command": python(PLAIN), "ready_text": "never said"},
    )
    assert one.process.wait(20) == 0
    assert one.said("StartError: “bad” ended with code 3")
    assert one.said("bad      | no port")
    assert running_in() == set()


def test_step_runs_to_its_end_before_the_processes(
    supervised: Callable[..., Supervised], wait_until: Callable[..., None]
) -> None:
    one = supervised(
        {"name": "step one", "command": python("print('migrated')")},
        {"name": "plain", "command": python(PLAIN), "ready_text": "up"},
    )
    wait_until(lambda: one.said("\nready"))
    text = one.out.read_text()
    assert text.index("migrated") < text.index("plain is up")


def test_failed_step_ends_the_start(supervised: Callable[..., Supervised]) -> None:
    one = supervised(
        {"name": "step one", "command": python("raise SystemExit('no such table')")},
        {"name": "plain", "command": python(PLAIN), "ready_text": "up"},
    )
    assert one.process.wait(20) == 0
    assert one.said("no such table")
    assert one.said("StartError: “step one” failed with code 1")
    assert not one.said("plain is up")


def test_ctrl_c_during_a_step_stops_it(
    supervised: Callable[..., Supervised],
    wait_until: Callable[..., None],
    running_in: Callable[[], set[int]],
) -> None:
    one = supervised({"name": "step long", "command": python(PLAIN)})
    wait_until(lambda: one.said("plain is up"))
    one.process.send_signal(signal.SIGINT)
    assert one.process.wait(10) == 0
    assert one.said("StopAskedError")
    assert running_in() == set()


def test_full_disk_is_asked_where_the_processes_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def usage(path: Path) -> object:
        free = 7 * 1024**2 if path == tmp_path else 10**12
        return shutil._ntuple_diskusage(10**12, 10**12 - free, free)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    assert full_disk(tmp_path) == f"The disk is full: 7 MB are free at {tmp_path}."
    assert full_disk(ROOT) == ""
