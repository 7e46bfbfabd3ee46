"""Runs tools/bootstrap.py by a Python that is new enough, with the same arguments.

A file of its own because an older Python must be able to read it as far as the message: nothing
here may need more than Python 3.6.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
NEWEST_MINOR = 14  # looked for first where `python3` is too old
SCRIPT = Path(__file__).resolve().with_name("bootstrap.py")
TOO_OLD = """\
setup: Python {wanted} or newer is needed, this is {found}.
Install one (Debian, Ubuntu: apt-get install python3.11 python3.11-venv), or name it:
  make PYTHON=/path/to/python ..."""


def works(python: str) -> bool:
    """A version manager's stand-in may lead to nothing."""
    quiet = subprocess.DEVNULL
    return subprocess.call([python, "-c", ""], stdout=quiet, stderr=quiet) == 0


def main() -> None:
    python = sys.executable
    if sys.version_info[:2] < OLDEST:
        names = [f"python3.{minor}" for minor in range(NEWEST_MINOR, OLDEST[1] - 1, -1)]
        newer = [found for found in map(shutil.which, names) if found and works(found)]
        if not newer:
            wanted, found = ".".join(map(str, OLDEST)), sys.version.split()[0]
            sys.exit(TOO_OLD.format(wanted=wanted, found=found))
        python = newer[0]
    os.execv(python, [python, str(SCRIPT), *sys.argv[1:]])  # noqa: S606 - a Python found on the path


if __name__ == "__main__":
    main()
