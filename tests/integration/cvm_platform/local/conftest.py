"""Finding processes by the folder that they work in: names and numbers may be anybody's."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cvm_platform.local.process import is_alive


def processes_below(folder: Path) -> set[int]:
    found = set()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            works_in = (entry / "cwd").readlink()
        except OSError:
            continue
        if works_in.is_relative_to(folder.resolve()) and is_alive(int(entry.name)):
            found.add(int(entry.name))
    return found


@pytest.fixture
def running_in(tmp_path: Path) -> Callable[[], set[int]]:
    return lambda: processes_below(tmp_path)


@pytest.fixture
def wait_until() -> Callable[..., None]:
    def wait(condition: Callable[[], object], seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "did not come true in time"
            time.sleep(0.02)

    return wait
