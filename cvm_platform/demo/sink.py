"""Where the replayed letters go: a mail catcher on this machine and nowhere else."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from cvm_platform.local.ports import HOST, answers, hold_port
from cvm_platform.local.process import follow_parent

_OWN_PORT = 18_025
_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
_START_SECONDS = 15.0


@contextmanager
def mail_sink(url: str, folder: str) -> Iterator[str]:
    """Address of a catcher for as long as the block lasts.

    The one at `url` if it answers; else one of our own, at the same port when it is free, that
    keeps what it catches in `folder` for the catcher that starts later. A mail server elsewhere
    never gets a demo letter.

    Raises:
        RuntimeError: our own catcher did not start.
    """
    parts = urlsplit(url)
    is_local = parts.hostname in _LOCAL
    if is_local and parts.port and answers(parts.port):
        yield url
        return
    preferred = parts.port if is_local and parts.port else _OWN_PORT
    with hold_port(preferred) as held:
        process = _start(held.number, folder)
        try:
            _wait(process, held.number)
            yield f"smtp://{HOST}:{held.number}"
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _start(port: int, folder: str) -> subprocess.Popen[bytes]:
    keep = ["--dir", folder] if folder else ["--discard"]
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
    return subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "cvm_platform.local.catcher", "--held", "--port", str(port), *keep],
        cwd=Path(__file__).resolve().parents[2],
        env=os.environ,
        stdin=subprocess.DEVNULL,
        preexec_fn=follow_parent(signal.SIGTERM),  # noqa: PLW1509 - die with the parent
    )


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + _START_SECONDS
    while not answers(port):
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"The mail catcher did not start at port {port}.")
        time.sleep(0.05)
