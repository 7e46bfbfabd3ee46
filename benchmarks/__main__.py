"""Every benchmark, one after the other: `make bench`. `python -m benchmarks NAME …` runs some.

Each is a process of its own and prints ratios measured side by side in one run.
"""

import subprocess
import sys
import time

ALL: dict[str, tuple[str, ...]] = {
    "ingest": (),
    "email_engine": (),
    "sending": (),
    "gate": (),
    "segments": ("1000000", "10000000"),
    "starting": ("1000000", "10000000"),
    "lists": ("1000000", "26"),
    "generate": (),
    "journal": (),
    "erasure": ("1000000",),
}


def main(names: list[str]) -> int:
    unknown = sorted(set(names) - set(ALL))
    if unknown:
        print(f"There is no benchmark {', '.join(unknown)}; there are {', '.join(ALL)}.")
        return 2
    failed = []
    for name in names or list(ALL):
        print(f"\n=== {name}", flush=True)
        started = time.monotonic()
        command = [sys.executable, "-m", f"benchmarks.{name}", *ALL[name]]
        if subprocess.run(command, check=False).returncode:
            failed.append(name)
        print(f"=== {name}: {time.monotonic() - started:.0f} s", flush=True)
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
