"""Every check and every test, in one order, here and in CI. Stops at the first that fails.

check.py              all but the long tier
check.py --full       with the long tier (tests marked slow)
check.py --lint       the static part only
"""

import argparse
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = ROOT / ".venv" / "bin"
PYTHON = str(BIN / "python")


@dataclass(frozen=True)
class Step:
    name: str
    command: tuple[str, ...]


def static_steps() -> list[Step]:
    return [
        Step("ruff", (str(BIN / "ruff"), "check", ".")),
        Step("ruff format", (str(BIN / "ruff"), "format", "--check", "--quiet", ".")),
        Step("djlint", (str(BIN / "djlint"), "templates", "--lint", "--quiet")),
        Step("mypy", (str(BIN / "mypy"),)),
        Step("lint-imports", (str(BIN / "lint-imports"), "--no-cache")),
        Step("migrations", (PYTHON, "manage.py", "makemigrations", "--check", "--dry-run")),
    ]


def test_steps(*, full: bool) -> list[Step]:
    marks = () if full else ("-m", "not slow")
    return [
        Step(name, (PYTHON, "-m", "pytest", f"tests/{name}", *workers, *marks, "-q"))
        for name, workers in (
            ("unit", ()),
            ("integration", ("-n", str(os.cpu_count() or 1))),
            ("contracts", ()),
            ("browser", ()),
        )
        if any((ROOT / "tests" / name).rglob("test_*.py"))
    ]


def run(step: Step) -> tuple[int, float]:
    print(f"\n=== {step.name}: {' '.join(step.command).replace(str(ROOT) + '/', '')}", flush=True)
    started = time.monotonic()
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "cvm_platform.settings.test",
        "PYTHONHASHSEED": "0",
        "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
    }
    code = subprocess.run(step.command, cwd=ROOT, check=False, env=env).returncode
    return code, time.monotonic() - started


def report(done: list[tuple[str, float]], failed: str) -> None:
    print("\n=== durations")
    for name, seconds in done:
        print(f"{seconds:8.1f} s  {name}{'  FAILED' if name == failed else ''}")
    print(f"{sum(seconds for _name, seconds in done):8.1f} s  in all")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--full", action="store_true", help="with the long tier")
    parser.add_argument("--lint", action="store_true", help="the static part only")
    chosen = parser.parse_args()
    steps = static_steps() if chosen.lint else [*static_steps(), *test_steps(full=chosen.full)]
    done: list[tuple[str, float]] = []
    for step in steps:
        code, seconds = run(step)
        done.append((step.name, seconds))
        if code != 0:
            report(done, step.name)
            return 1
    report(done, "")
    print("all checks passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
