"""`manage.py up`: the whole platform on one machine.

Embedded servers only fill in DATABASE_URL, BROKER_URL and CVM_SMTP_URL. Where one of them is
already set, that server is used instead and none is started.
"""

import argparse
import json
import os
import shlex
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from cvm_platform.local.ports import HOST, HeldPort, answers, answers_http, hold_port
from cvm_platform.local.postgres import start_postgres
from cvm_platform.local.process import AlreadyRunningError, LocalServerError, take_lock
from cvm_platform.local.supervisor import StopAskedError, Supervisor
from cvm_platform.local.terminal import Terminal
from cvm_platform.local.units import Command, ServerUnit
from cvm_platform.local.valkey import start_valkey

ROOT = Path(__file__).resolve().parents[2]
WEB_PORT = 8000
SMTP_PORT = 8025
_NEEDED_BYTES = 1024 * 1024 * 1024
_PYTHON = sys.executable
_LOGIN_COLUMNS = ("url", "email", "password", "role", "company")


@dataclass(frozen=True)
class Options:
    var: Path
    base_domain: str
    port: int | None = None
    demo: bool = True


@dataclass(frozen=True)
class Ports:
    """Held before anything starts and until all has stopped, so that what we print stays true."""

    web: HeldPort
    smtp: HeldPort | None  # None: letters go to a server that was given

    def close(self) -> None:
        self.web.close()
        if self.smtp is not None:
            self.smtp.close()


def catcher(smtp_port: int) -> Command:
    """Runs from the first: the demo's own letters go there too."""
    return Command(
        "mail",
        _python("-m cvm_platform.local.catcher --held"),
        ready_check=lambda: answers(smtp_port),
    )


def processes(options: Options, web_port: int) -> list[Command]:
    """The table: one line a process, in the order of their start."""
    # -W: Celery warns of root at length; here that is whoever runs the demo
    celery = "-W ignore:::celery.platforms -m celery -A cvm_platform.celery --quiet"
    host_header = f"{options.base_domain}:{web_port}"
    web = "-m granian cvm_platform.wsgi:application --interface wsgi --no-ws --blocking-threads 4"
    return [
        Command(
            "web",
            _python(f"{web} --workers-kill-timeout 5 --host {HOST} --port {web_port}"),
            ready_check=lambda: answers_http(web_port, host_header, "/health/"),
        ),
        Command(
            "worker",
            _python(f"{celery} worker -c 2 -l INFO --without-gossip --without-mingle"),
            ready_text="ready.",
        ),
        Command(
            "beat",
            _python(f"{celery} beat -l INFO --pidfile= -s", str(options.var / "beat-schedule")),
            late=True,
        ),
    ]


def _python(words: str, *paths: str) -> tuple[str, ...]:
    """`paths` may hold blanks, `words` are split at them."""
    return (_PYTHON, *words.split(), *paths)


def preparation(options: Options) -> Command:
    """What runs once, before the processes start."""
    commands = ["migrate_all", *(["load_demo"] if options.demo else [])]
    name = "demo" if options.demo else "migrate"
    return Command(name, _python("-m cvm_platform.local.prepare", *commands), stop_seconds=10.0)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=_port, help="port of the web server (else 8000 or next)")
    parser.add_argument("--no-demo", action="store_true", help="without demo data")


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port: 1 to 65535")
    return int(text)


def up_from(*, port: int | None, no_demo: bool) -> int:
    """With the settings of this environment; the apps need not be loaded."""
    var = Path(settings.VAR_DIR).absolute()
    return up(Options(var=var, base_domain=settings.BASE_DOMAIN, port=port, demo=not no_demo))


def up(options: Options) -> int:
    """Exit code: 0 after a clean stop, 1 when something did not start."""
    options.var.mkdir(parents=True, exist_ok=True)
    terminal = Terminal(log_folder=options.var / "log")
    for name in ("log", "static", "media"):
        (options.var / name).mkdir(exist_ok=True)
    try:
        lock = _lock(options.var)
        _check_space(options.var)
        ports = _hold_ports(options, terminal.say)
    except (LocalServerError, OSError) as error:
        terminal.say(str(error))
        return 1
    started = time.monotonic()
    supervisor = Supervisor(terminal, ROOT, _environment())
    code = 0
    try:
        _start_all(supervisor, options, ports)
        _note(options.var, ports.web.number)
        terminal.say(banner(options, ports.web.number, time.monotonic() - started))
        terminal.calm = True
        supervisor.watch()
    except StopAskedError:
        pass
    except (LocalServerError, OSError) as error:
        terminal.say(f"\n{error}\n")
        code = 1
    finally:
        terminal.say("stopping")
        supervisor.stop()
        ports.close()
        os.close(lock)
    return code


def _environment() -> dict[str, str]:
    return os.environ | {"PYTHONUNBUFFERED": "1"}


def _lock(var: Path) -> int:
    path = var / "up.lock"
    lock = take_lock(path)
    if lock is not None:
        _note(var, None)
        return lock
    try:
        noted: dict[str, Any] = json.loads(path.read_text())
    except ValueError:
        noted = {}
    port = noted.get("port")
    where = f" at port {port}" if port else ", still starting"
    raise AlreadyRunningError(
        f"The platform already runs (pid {noted.get('pid', 'unknown')}{where}). "
        "Stop that one first: Ctrl-C in its terminal."
    )


def _note(var: Path, web_port: int | None) -> None:
    """For the one who tries to start a second; the lock itself is the kernel's."""
    (var / "up.lock").write_text(json.dumps({"pid": os.getpid(), "port": web_port}))


def _check_space(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < _NEEDED_BYTES:
        raise LocalServerError(
            f"The disk is full: {free // 1024**2} MB are free at {folder}, "
            f"{_NEEDED_BYTES // 1024**2} MB are needed."
        )


def _hold_ports(options: Options, say: Callable[[str], None]) -> Ports:
    web = hold_port(options.port or WEB_PORT, exactly=options.port is not None)
    if web.number != (options.port or WEB_PORT):
        say(f"port {WEB_PORT} is taken by another program: {web.number} is used")
    return Ports(web, None if os.environ.get("CVM_SMTP_URL") else hold_port(SMTP_PORT))


def _start_servers(supervisor: Supervisor, var: Path) -> None:
    environment, say = supervisor.environment, supervisor.terminal.say
    log = supervisor.terminal.log_path
    if not environment.get("DATABASE_URL"):
        postgres = ServerUnit(
            "postgres", lambda: start_postgres(var / "pg", log_path=log("postgres"))
        )
        say("starting PostgreSQL")
        supervisor.start(postgres)
        environment["DATABASE_URL"] = postgres.url
    if not environment.get("BROKER_URL"):
        valkey = ServerUnit("valkey", lambda: start_valkey(var / "valkey", log_path=log("valkey")))
        say("starting Valkey")
        supervisor.start(valkey)
        environment["BROKER_URL"] = valkey.url


def _start_all(supervisor: Supervisor, options: Options, ports: Ports) -> None:
    environment, say = supervisor.environment, supervisor.terminal.say
    _start_servers(supervisor, options.var)
    environment["CVM_PUBLIC_PORT"] = str(ports.web.number)
    if ports.smtp is not None:
        environment["CVM_SMTP_URL"] = f"smtp://{HOST}:{ports.smtp.number}"
        environment.setdefault("CVM_MAIL_CATCHER_DIR", str(options.var / "mail"))
    _write_environment(options.var, environment)
    if ports.smtp is not None:
        say("starting the mail catcher")
        supervisor.start(supervisor.unit(catcher(ports.smtp.number)))
    say("migrating, and loading the demo where it is missing" if options.demo else "migrating")
    supervisor.run_step(preparation(options))
    table = processes(options, ports.web.number)
    say(f"starting {', '.join(spec.name for spec in table)}")
    supervisor.start(*(supervisor.unit(spec) for spec in table if not spec.late))
    supervisor.start(*(supervisor.unit(spec) for spec in table if spec.late))


def _write_environment(var: Path, environment: dict[str, str]) -> None:
    """For commands of one's own beside it: `set -a; . var/up.env; set +a`."""
    names = ("DATABASE_URL", "BROKER_URL", "CVM_SMTP_URL", "CVM_MAIL_CATCHER_DIR")
    descriptor = os.open(var / "up.env", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        for name in (*names, "CVM_PUBLIC_PORT"):
            if name in environment:
                file.write(f"{name}={shlex.quote(environment[name])}\n")


def banner(options: Options, web_port: int, seconds: float) -> str:
    lines = ["", f"Ready in {seconds:.1f} s.", f"  http://{options.base_domain}:{web_port}/", ""]
    rows = [
        [str(login.get(key, "")).replace("{port}", str(web_port)) for key in _LOGIN_COLUMNS]
        for login in _logins(options.var)
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        lines.append(f"  {'  '.join(cells)}".rstrip())
    lines += ["", f"  Logs: {options.var / 'log'}", "  Ctrl-C stops everything.", ""]
    return "\n".join(lines)


def _logins(var: Path) -> list[dict[str, str]]:
    """What the loading of the demo wrote down."""
    try:
        found: list[dict[str, str]] = json.loads((var / "demo.json").read_text())["logins"]
    except (OSError, ValueError, KeyError):
        return []
    return found
