"""Run by the tests as a process of its own: supervises the commands given as JSON."""

import json
import os
import sys
from pathlib import Path

from cvm_platform.local.process import LocalServerError
from cvm_platform.local.supervisor import StopAskedError, Supervisor
from cvm_platform.local.terminal import Terminal
from cvm_platform.local.units import Command


def main(folder: Path, table: list[dict[str, object]]) -> None:
    log = folder / "log"
    log.mkdir(exist_ok=True)
    supervisor = Supervisor(Terminal(log_folder=log), folder, dict(os.environ))
    specs = [Command(**line) for line in table]  # type: ignore[arg-type]  # JSON of the test
    try:
        for spec in specs:
            if spec.name.startswith("step"):
                supervisor.run_step(spec)
        processes = [spec for spec in specs if not spec.name.startswith("step")]
        supervisor.start(*(supervisor.unit(spec) for spec in processes))
        supervisor.terminal.say("ready")
        supervisor.watch()
    except (LocalServerError, StopAskedError) as error:
        supervisor.terminal.say(f"{type(error).__name__}: {error}")
    finally:
        supervisor.stop()
        supervisor.terminal.say("gone")


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))
