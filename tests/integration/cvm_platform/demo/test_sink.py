"""Demo letters go to a catcher on this machine, whatever the settings say."""

import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from cvm_platform.demo.sink import mail_sink
from cvm_platform.demo.together import run_together
from cvm_platform.local.ports import answers
from cvm_platform.local.valkey import free_port


def test_a_catcher_that_answers_is_used_and_left_running() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with mail_sink(f"smtp://127.0.0.1:{port}", "") as url:
            assert url == f"smtp://127.0.0.1:{port}"
        assert answers(port)


def test_without_one_a_catcher_of_our_own_runs_for_as_long_as_it_is_needed(tmp_path: Path) -> None:
    port = free_port()
    folder = tmp_path / "mail"
    with mail_sink(f"smtp://127.0.0.1:{port}", str(folder)) as url:
        assert urlsplit(url).port == port
        assert answers(port)
    assert not answers(port)
    assert (folder / "mail.sqlite3").exists()


def test_a_mail_server_elsewhere_never_gets_a_demo_letter() -> None:
    with mail_sink("smtp://user:secret@mail.example:587", "") as url:
        parts = urlsplit(url)
        assert parts.hostname == "127.0.0.1"
        assert parts.username is None
        assert parts.port is not None
        assert answers(parts.port)


def test_jobs_run_together_and_the_first_error_is_told() -> None:
    done: list[int] = []

    def fail() -> None:
        raise KeyError("no")

    run_together([lambda: done.append(1), lambda: done.append(2)], at_once=2)
    assert sorted(done) == [1, 2]
    with pytest.raises(KeyError):
        run_together([fail, lambda: done.append(3)], at_once=1)
    assert 3 not in done
