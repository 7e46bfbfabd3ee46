import os
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from cvm_platform.local.postgres import running_url, server_url, start_postgres
from cvm_platform.local.process import LocalServerError, is_alive, take_lock
from cvm_platform.settings import env


def test_url_reads_alike_for_libpq_and_for_settings(tmp_path: Path) -> None:
    folder = tmp_path / "With Blank"
    url = server_url(folder)
    assert conninfo_to_dict(url) == {
        "user": "cvm",
        "dbname": "cvm",
        "host": str(folder),
        "port": "5432",
    }
    entry = env.database(url)
    assert (entry["NAME"], entry["USER"], entry["HOST"], entry["PORT"]) == (
        "cvm",
        "cvm",
        str(folder),
        "5432",
    )


def test_long_path_gets_a_short_socket_folder(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    host = str(conninfo_to_dict(server_url(deep))["host"])
    assert len(host) < 60
    assert host != str(conninfo_to_dict(server_url(deep / "other"))["host"])


def test_nothing_runs_on_an_empty_folder(tmp_path: Path) -> None:
    assert running_url(tmp_path / "pg") is None


def test_pid_file_that_names_another_process_is_not_believed(tmp_path: Path) -> None:
    lines = [str(os.getpid()), str(tmp_path), "0", "5432", str(tmp_path), "", "", "ready"]
    (tmp_path / "postmaster.pid").write_text("\n".join(lines))
    assert running_url(tmp_path) is None


def test_folder_of_another_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "pg"
    folder.mkdir()
    (folder / "PG_VERSION").write_text("15\n")
    with pytest.raises(LocalServerError, match="made by PostgreSQL 15, this is 18"):
        start_postgres(folder)
    assert (folder / "PG_VERSION").read_text() == "15\n"


def test_lock_is_exclusive_until_closed(tmp_path: Path) -> None:
    first = take_lock(tmp_path / "x.lock")
    assert first is not None
    assert take_lock(tmp_path / "x.lock") is None
    os.close(first)
    second = take_lock(tmp_path / "x.lock")
    assert second is not None
    os.close(second)


def test_zombie_does_not_count_as_alive() -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    assert not is_alive(child)
    os.waitpid(child, 0)
    assert is_alive(os.getpid())
