import io
import json
import signal
from pathlib import Path

from cvm_platform.local.terminal import Terminal
from cvm_platform.local.units import rotate
from cvm_platform.local.up import Options, banner, catcher, preparation, processes
from cvm_platform.local.watchdog import follow


def test_lines_carry_the_name_on_screen_and_none_in_the_file(tmp_path: Path) -> None:
    screen = io.StringIO()
    terminal = Terminal(screen, log_folder=tmp_path)
    terminal.show("web", ["one", "two"])
    terminal.show("web", [])
    assert screen.getvalue() == "web      | one\nweb      | two\n"
    assert (tmp_path / "web.log").read_text() == "one\ntwo\n"


def test_calm_screen_leaves_routine_to_the_file(tmp_path: Path) -> None:
    screen = io.StringIO()
    terminal = Terminal(screen, log_folder=tmp_path)
    terminal.calm = True
    routine = "2026-11-22 06:32:45,817 INFO celery.app.trace Task x succeeded"
    terminal.show("worker", [routine])
    terminal.show("worker", [routine, "2026-11-22 06:32:46,817 ERROR celery.app.trace Task y"])
    assert screen.getvalue() == "worker   | 2026-11-22 06:32:46,817 ERROR celery.app.trace Task y\n"
    assert len((tmp_path / "worker.log").read_text().splitlines()) == 3


def test_log_that_cannot_be_written_is_told_once(tmp_path: Path) -> None:
    screen = io.StringIO()
    terminal = Terminal(screen, log_folder=tmp_path / "missing")
    terminal.show("web", ["one"])
    terminal.show("web", ["two"])
    assert screen.getvalue().count("Logs are not written any more") == 1
    assert screen.getvalue().endswith("web      | two\n")


def test_closed_terminal_is_survived(tmp_path: Path) -> None:
    screen = io.StringIO()
    terminal = Terminal(screen, log_folder=tmp_path)
    screen.close()
    terminal.say("anything")


def test_big_log_is_put_aside(tmp_path: Path) -> None:
    log = tmp_path / "log" / "web.log"
    rotate(log)
    with log.open("wb") as file:
        file.truncate(11 * 1024 * 1024)
    rotate(log)
    assert not log.exists()
    assert (log.parent / "web.log.1").stat().st_size == 11 * 1024 * 1024


def test_watchdog_keeps_what_was_not_forgotten() -> None:
    lines = ["+10 15\n", "+11 2\n", "-10\n", "noise\n"]
    assert follow(lines) == {11: signal.SIGINT}


def options(tmp_path: Path, *, demo: bool = True) -> Options:
    return Options(var=tmp_path, base_domain="cvm.localhost", demo=demo)


def test_table_of_processes_in_the_order_of_start(tmp_path: Path) -> None:
    assert [spec.name for spec in processes(options(tmp_path), 8000)] == ["web", "worker", "beat"]


def test_mail_catcher_listens_beside_the_one_who_holds_its_port() -> None:
    assert catcher(8025).name == "mail"
    assert catcher(8025).command[-1] == "--held"


def test_preparation_follows_the_options(tmp_path: Path) -> None:
    assert preparation(options(tmp_path)).command[-2:] == ("migrate_all", "load_demo")
    assert preparation(options(tmp_path, demo=False)).command[-1] == "migrate_all"


def test_banner_shows_addresses_and_logins_in_columns(tmp_path: Path) -> None:
    logins = [
        {"url": "http://cvm.localhost:{port}/", "email": "a@b.example", "password": "secret"},
        {"url": "http://shop.cvm.localhost:{port}/", "email": "c@d.example", "company": "Shop"},
    ]
    (tmp_path / "demo.json").write_text(json.dumps({"logins": logins}))
    lines = banner(options(tmp_path), 8001, 3.21).splitlines()
    assert lines[1:4] == ["Ready in 3.2 s.", "  http://cvm.localhost:8001/", ""]
    assert lines[4:6] == [
        "  http://cvm.localhost:8001/       a@b.example  secret",
        "  http://shop.cvm.localhost:8001/  c@d.example            Shop",
    ]


def test_banner_without_demo_shows_the_address(tmp_path: Path) -> None:
    assert "  http://cvm.localhost:8001/\n" in banner(options(tmp_path), 8001, 1)
