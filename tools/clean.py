"""Removes what setup, the demo and the tests made. Refuses while the demo runs on it."""

import fcntl
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MADE = (".venv", "node_modules", "build", "htmlcov", "var")
CACHES = (".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".import_linter_cache")


def busy() -> list[Path]:
    """Lock files of var/ that a living process holds."""
    found = []
    for file in sorted((ROOT / "var").rglob("*.lock")):
        with file.open("r+") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                found.append(file)
    return found


def main() -> int:
    held = busy()
    if held:
        names = ", ".join(str(file.relative_to(ROOT)) for file in held)
        print(f"clean: still running ({names}); stop it first", file=sys.stderr)
        return 1
    for name in (*MADE, *CACHES):
        shutil.rmtree(ROOT / name, ignore_errors=True)
    for folder in list(ROOT.rglob("__pycache__")):
        shutil.rmtree(folder, ignore_errors=True)
    for file in ROOT.glob("locale/*/LC_MESSAGES/*.mo"):
        file.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
