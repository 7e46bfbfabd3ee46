"""Headless Chromium for the browser tests: the one that the set-up unpacked from an npm package,
else one that this machine has. Nothing is ever downloaded by Playwright.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cvm_platform.local.process import LocalServerError

_UNPACKED = Path(__file__).resolve().parents[2] / "build" / "chromium"
_SYSTEM_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_CHOICE_VARIABLE = "CVM_CHROMIUM"  # path of another one

# Runs as root and in containers: pages are our own, so no sandbox is needed.
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--headless=shell", "--no-zygote")


@dataclass(frozen=True)
class Browser:
    """For Playwright: `launch(executable_path=…, args=[*arguments], env=environment)`."""

    path: Path
    arguments: tuple[str, ...]
    environment: dict[str, str]


def find_browser() -> Browser:
    """The first one that starts.

    :raises LocalServerError: none does.
    """
    chosen = os.environ.get(_CHOICE_VARIABLE)
    found = [shutil.which(name) for name in _SYSTEM_NAMES]
    candidates = [chosen] if chosen else [str(_UNPACKED / "chromium"), *filter(None, found)]
    for candidate in candidates:
        path = Path(candidate)
        environment = _environment(path)
        if _starts(path, environment):
            return Browser(path, ARGUMENTS, environment)
    raise LocalServerError(
        f"No Chromium starts here (tried {', '.join(candidates)}). Run `make setup`, or install "
        f"one and name it in {_CHOICE_VARIABLE}."
    )


def _environment(path: Path) -> dict[str, str]:
    environment = dict(os.environ)
    if path.parent == _UNPACKED:
        # the machine's own libraries go first; those beside the browser fill what is missing
        known = environment.get("LD_LIBRARY_PATH", "")
        environment["LD_LIBRARY_PATH"] = f"{known}:{_UNPACKED / 'lib'}".lstrip(":")
        if not Path("/etc/fonts/fonts.conf").exists():
            environment["FONTCONFIG_PATH"] = str(_UNPACKED / "fonts")
    return environment


def _starts(path: Path, environment: dict[str, str]) -> bool:
    try:
        done = subprocess.run(  # noqa: S603 - a browser of ours or of this machine
            [path, "--version"],
            check=False,
            capture_output=True,
            env=environment,
            timeout=30,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
