import sqlite3
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from cvm_platform.local import mailbox
from cvm_platform.local.catcher import main
from cvm_platform.local.mailbox import MailboxWriter, header_texts, list_messages, read_message


def _message(subject: str, *, html: str = "") -> bytes:
    message = EmailMessage()
    message["From"] = "Зерно <news@shop.example>"
    message["To"] = "Анна <anna@example.com>"
    message["Subject"] = subject
    message.set_content("Привет\n")
    if html:
        message.add_alternative(html, subtype="html")
    return message.as_bytes().replace(b"\n", b"\r\n")


def _fill(folder: Path, subjects: list[str], **limits: int) -> None:
    writer = MailboxWriter(folder, **limits)
    for number, subject in enumerate(subjects):
        writer.add("bounce@shop.example", [f"c{number}@example.com"], _message(subject))
    writer.close()


def test_a_missing_folder_is_an_empty_box(tmp_path: Path) -> None:
    page = list_messages(tmp_path / "none")
    assert (page.messages, page.page, page.pages, page.total) == ((), 1, 1, 0)
    assert read_message(tmp_path / "none", 1) is None
    assert not (tmp_path / "none").exists()


def test_a_message_is_read_back(tmp_path: Path) -> None:
    writer = MailboxWriter(tmp_path)
    raw = _message("Скидка 10 % на всё — только до пятницы, 27 ноября", html="<p>Привет</p>\n")
    number = writer.add("bounce@shop.example", ["anna@example.com", "b@example.com"], raw)
    caught = read_message(tmp_path, number)
    writer.close()
    assert caught is not None
    assert abs((datetime.now(UTC) - caught.summary.received_at).total_seconds()) < 5
    assert caught.summary.subject == "Скидка 10 % на всё — только до пятницы, 27 ноября"
    assert caught.summary.author == "Зерно <news@shop.example>"
    assert caught.summary.recipients == ("anna@example.com", "b@example.com")
    assert caught.summary.size == len(raw)
    assert dict(caught.headers)["To"] == "Анна <anna@example.com>"
    assert (caught.text, caught.html, caught.raw) == ("Привет\n", "<p>Привет</p>\n", raw)


@pytest.mark.parametrize(
    ("query", "found"),
    [("", 3), ("ЧАЙ", 1), ("кофе c2@", 1), ("зерно", 3), ("%", 1), ("_", 0), ("кофе чай", 0)],
)
def test_search_in_any_case_and_literally(query: str, found: int, tmp_path: Path) -> None:
    _fill(tmp_path, ["Кофе", "Чай", "Кофе 10 %"])
    page = list_messages(tmp_path, query)
    assert (len(page.messages), page.total) == (found, found)


def test_pages_go_from_the_newest(tmp_path: Path) -> None:
    _fill(tmp_path, [f"n{number}" for number in range(120)])
    first, last = list_messages(tmp_path, page=1), list_messages(tmp_path, page=99)
    assert (first.pages, first.total, first.page, last.page) == (3, 120, 1, 3)
    assert [message.subject for message in first.messages[:2]] == ["n119", "n118"]
    assert [message.subject for message in last.messages][-1] == "n0"
    assert len(last.messages) == 20


def test_the_oldest_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailbox, "_PRUNE_EVERY", 10)
    _fill(tmp_path, [f"n{number}" for number in range(100)], keep=30)
    page = list_messages(tmp_path)
    assert (page.total, page.messages[0].subject, page.messages[29].subject) == (30, "n99", "n70")
    _fill(tmp_path, ["again"], keep=30)
    assert list_messages(tmp_path).messages[0].id == 101


def test_bytes_are_limited_too(tmp_path: Path) -> None:
    size = len(_message("n00"))
    _fill(tmp_path, [f"n{number:02}" for number in range(100)], max_bytes=size * 20)
    with sqlite3.connect(tmp_path / mailbox.FILE_NAME) as database:
        kept, contents = database.execute(
            "SELECT count(*), (SELECT count(*) FROM content) FROM message"
        ).fetchone()
    database.close()
    assert 17 <= kept <= 20
    assert contents == kept


@pytest.mark.parametrize(
    ("raw", "subject"),
    [
        (b"Subject: plain\r\n\r\nSubject: body", "plain"),
        (b"X: y\r\n\r\nSubject: body", ""),
        (b"subject:folded\r\n words\r\nTo: x\r\n\r\n", "folded words"),
        (b"Subject: =?utf-8?B?0JA=?=\r\n =?utf-8?B?0JE=?=\r\n\r\n", "АБ"),
        (b"Subject: =?koi8-r?Q?=E1?= x\r\n\r\n", "А x"),
        (b"Subject: =?nonsense?B?0JA=?=\r\n\r\n", "=?nonsense?B?0JA=?="),
        (b"", ""),
    ],
)
def test_headers_without_a_full_parse(raw: bytes, subject: str) -> None:
    assert header_texts(raw, ("subject",)) == (subject,)


def test_a_message_of_nobodys_making_is_shown_as_far_as_it_goes(tmp_path: Path) -> None:
    writer = MailboxWriter(tmp_path)
    number = writer.add(
        "", ["a@example.com"], b"Content-Type: text/html; charset=nonsense\r\n\r\n\xff<b>"
    )
    caught = read_message(tmp_path, number)
    writer.close()
    assert caught is not None
    assert (caught.text, caught.html) == ("", "\ufffd<b>")


def test_a_taken_port_is_told_in_words(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    import signal
    import socket

    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["--port", str(port), "--dir", str(tmp_path)]) == 1
    for number, handler in handlers.items():
        signal.signal(number, handler)
    assert f"port {port}: " in capsys.readouterr().err
