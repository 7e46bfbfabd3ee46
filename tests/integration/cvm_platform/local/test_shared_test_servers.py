import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

USER_OF_SERVERS = """
import json, sys
from dataclasses import asdict
from pathlib import Path
from cvm_platform.local.testing import ensure_test_servers
print(json.dumps(asdict(ensure_test_servers(Path(sys.argv[1])))), flush=True)
sys.stdin.read()
"""


class UserOfServers:
    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-c", USER_OF_SERVERS, folder]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def addresses(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found

    def leave(self, number: int | None = None) -> None:
        if number is not None:
            self.process.send_signal(number)
        self.process.communicate()


@pytest.fixture
def user(tmp_path: Path) -> Iterator[Callable[[], UserOfServers]]:
    with ExitStack() as stack:

        def start() -> UserOfServers:
            made = UserOfServers(tmp_path / "servers")
            stack.callback(made.leave, signal.SIGKILL)
            return made

        yield start


def test_two_users_share_and_the_last_one_ends_it(
    user: Callable[[], UserOfServers],
    running_in: Callable[[], set[int]],
    wait_until: Callable[..., None],
) -> None:
    first, second = user(), user()
    addresses = first.addresses()
    assert second.addresses() == addresses
    first.leave()
    with psycopg.connect(addresses["database_url"], autocommit=True) as connection:
        connection.execute("CREATE DATABASE cvm_test_abandoned")
    assert running_in() != set()
    second.leave(signal.SIGKILL)
    wait_until(lambda: running_in() == set())

    third = user()
    with psycopg.connect(third.addresses()["database_url"]) as connection:
        row = connection.execute("SELECT count(*) FROM pg_database WHERE datname LIKE 'cvm_test%'")
        assert row.fetchone() == (0,)
    third.leave()
    wait_until(lambda: running_in() == set())


def test_data_folder_that_cannot_be_used_is_made_anew(
    user: Callable[[], UserOfServers], tmp_path: Path
) -> None:
    folder = tmp_path / "servers" / "pg"
    folder.mkdir(parents=True)
    (folder / "PG_VERSION").write_text("18\n")  # and nothing else
    with psycopg.connect(user().addresses()["database_url"]) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert os.path.getsize(folder / "PG_VERSION") == 3  # noqa: PTH202 a plain number
