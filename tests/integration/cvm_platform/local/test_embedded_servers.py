import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import redis

from cvm_platform.local import postgres, privileges, valkey
from cvm_platform.local.process import AlreadyRunningError, LocalServerError

RunningIn = Callable[[], set[int]]

OWNER_OF_BOTH = """
import sys, time
from pathlib import Path
from cvm_platform.local.postgres import start_postgres
from cvm_platform.local.valkey import start_valkey
servers = start_postgres(Path(sys.argv[1])), start_valkey(Path(sys.argv[2]))
print("up", flush=True)
time.sleep(600)
"""


def test_postgres_starts_serves_stops_and_keeps_its_data(
    tmp_path: Path, running_in: RunningIn
) -> None:
    folder = tmp_path / "pg"
    with postgres.start_postgres(folder, durable=False) as server:
        assert postgres.running_url(folder) == server.url
        with psycopg.connect(server.url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 'Ёжик' AS word")
            row = connection.execute(
                "SELECT upper(word), word ILIKE 'ёж%', current_setting('fsync') FROM kept"
            )
            assert row.fetchone() == ("ЁЖИК", True, "off")
        with pytest.raises(AlreadyRunningError, match="PostgreSQL is already running"):
            postgres.start_postgres(folder)
        assert folder.stat().st_mode & 0o777 == 0o700
    assert postgres.running_url(folder) is None
    assert running_in() == set()
    with (
        postgres.start_postgres(folder) as server,
        psycopg.connect(server.url) as connection,
    ):
        row = connection.execute("SELECT word, current_setting('fsync') FROM kept")
        assert row.fetchone() == ("Ёжик", "on")


def test_postgres_starts_over_a_killed_one_and_a_stale_pid_file(tmp_path: Path) -> None:
    folder = tmp_path / "pg"
    server = postgres.start_postgres(folder, durable=False)
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept (number int)")
    os.kill(server.pid, signal.SIGKILL)
    server.process.wait()
    server.stop()
    # the number has since been given to somebody alive, of our own user
    pid_file = folder / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    with (
        postgres.start_postgres(folder, durable=False) as again,
        psycopg.connect(again.url) as connection,
    ):
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_half_made_folder_is_made_again(tmp_path: Path) -> None:
    making = tmp_path / "pg.making"
    making.mkdir()
    (making / "rubbish").write_text("a killed initdb left this")
    with postgres.start_postgres(tmp_path / "pg", durable=False) as server:
        assert server.is_running()
    assert not making.exists()


def test_failed_start_shows_the_log_and_frees_the_lock(tmp_path: Path) -> None:
    folder = tmp_path / "pg"
    postgres.start_postgres(folder, durable=False).stop()
    (folder / "postgresql.conf").write_text("no_such_setting = 1\n")
    for _time in range(2):
        with pytest.raises(LocalServerError, match="unrecognized configuration parameter"):
            postgres.start_postgres(folder, durable=False)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another way")
def test_root_without_user_namespaces_falls_back_to_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres.start_postgres(tmp_path / "pg", durable=False).stop()

    def forbidden() -> None:
        raise PermissionError

    no_namespace = privileges.RunAs("user namespace", (0, 0), forbidden)
    monkeypatch.setattr(privileges, "user_namespace", lambda: no_namespace)
    privileges.choose_run_as.cache_clear()
    try:
        with (
            postgres.start_postgres(tmp_path / "pg", durable=False) as server,
            psycopg.connect(server.url) as connection,
        ):
            assert connection.execute("SELECT 1").fetchone() == (1,)
            assert Path(f"/proc/{server.pid}").stat().st_uid != 0
    finally:
        privileges.choose_run_as.cache_clear()


def test_valkey_keeps_address_and_data_over_a_crash(tmp_path: Path) -> None:
    folder = tmp_path / "valkey"
    server = valkey.start_valkey(folder)
    with redis.Redis.from_url(server.url) as client:
        client.set("kept", "yes")
        client.config_set("appendfsync", "always")
        client.set("kept", "yes, still")
    with pytest.raises(AlreadyRunningError, match="Valkey is already running"):
        valkey.start_valkey(folder)
    server.process.kill()
    server.process.wait()
    server.stop()
    assert valkey.running_url(folder) is None
    with valkey.start_valkey(folder) as again:
        assert again.url == server.url == valkey.running_url(folder)
        with redis.Redis.from_url(again.url) as client:
            assert client.get("kept") == b"yes, still"


def test_valkey_wants_its_password_and_shows_it_to_nobody(tmp_path: Path) -> None:
    with valkey.start_valkey(tmp_path / "valkey", durable=False) as server:
        password, _, place = server.url.removeprefix("redis://:").partition("@")
        with (
            redis.Redis.from_url(f"redis://{place}") as client,
            pytest.raises(redis.AuthenticationError),
        ):
            client.ping()
        assert password not in Path(f"/proc/{server.pid}/cmdline").read_text()
        assert (tmp_path / "valkey" / "url").stat().st_mode & 0o777 == 0o600


def test_servers_end_with_a_killed_owner(
    tmp_path: Path, running_in: RunningIn, wait_until: Callable[..., None]
) -> None:
    command = [sys.executable, "-c", OWNER_OF_BOTH, tmp_path / "pg", tmp_path / "valkey"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"up\n"
        assert len(running_in()) >= 2
        owner.kill()
    wait_until(lambda: running_in() == set())
