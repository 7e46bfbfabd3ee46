"""Every check and every test, in one order, here and in CI.

The static checks all run, so that one look shows what they find; the first suite that fails, or
any static check, is the last thing that runs.

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
MOST_WORKERS = 8  # each has a database of its own on the one server
# it would compare with a database too, and there is none yet
QUIET = ("-W", "ignore:Got an error checking:RuntimeWarning")


@dataclass(frozen=True)
class Step:
    name: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class Done:
    name: str
    code: int
    seconds: float


def static_steps() -> list[Step]:
    return [
        Step("ruff", (str(BIN / "ruff"), "check", ".")),
        Step("ruff format", (str(BIN / "ruff"), "format", "--check", "--quiet", ".")),
        Step("djlint", (str(BIN / "djlint"), "templates", "--lint", "--quiet")),
        Step("mypy", (str(BIN / "mypy"),)),
        Step("lint-imports", (str(BIN / "lint-imports"), "--no-cache")),
        Step("migrations", (PYTHON, *QUIET, "manage.py", "makemigrations", "--check", "--dry-run")),
    ]


def test_steps(*, full: bool) -> list[Step]:
    marks = () if full else ("-m", "not slow")
    parallel = ("-n", str(min(len(os.sched_getaffinity(0)), MOST_WORKERS)))
    return [
        Step(name, (PYTHON, "-m", "pytest", f"tests/{name}", *workers, *marks, "-q"))
        for name, workers in (
            ("unit", parallel),
            ("integration", parallel),
            ("contracts", ("-n", str(os.cpu_count() or 1))),
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


def run_all(steps: list[Step], *, stop_at_first: bool) -> list[Done]:
    done: list[Done] = []
    for step in steps:
        code, seconds = run(step)
        done.append(Done(step.name, code, seconds))
        if code != 0 and stop_at_first:
            break
    return done


def report(done: list[Done]) -> None:
    print("\n=== durations")
    for step in done:
        print(f"{step.seconds:8.1f} s  {step.name}{'  FAILED' if step.code else ''}")
    print(f"{sum(step.seconds for step in done):8.1f} s  in all")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--full", action="store_true", help="with the long tier")
    parser.add_argument("--lint", action="store_true", help="the static part only")
    chosen = parser.parse_args()
    done = run_all(static_steps(), stop_at_first=False)
    if not chosen.lint and not any(step.code for step in done):
        done += run_all(test_steps(full=chosen.full), stop_at_first=True)
    report(done)
    failed = [step.name for step in done if step.code]
    print(f"failed: {', '.join(failed)}" if failed else "all checks passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
