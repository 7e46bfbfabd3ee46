"""The mail catcher's store: what arrived, kept in one SQLite file, newest first for readers.

Only the standard library, so that a screen can read it wherever the catcher is not installed.
One process writes; any number read meanwhile (write-ahead log).
"""

import base64
import re
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from urllib.parse import quote

FILE_NAME = "mail.sqlite3"
PAGE_SIZE = 50
DEFAULT_KEEP = 100_000
DEFAULT_MAX_BYTES = 2 * 1024**3
_PRUNE_EVERY = 500
_ENCODED = re.compile(r"=\?utf-8\?b\?([A-Za-z0-9+/=]+)\?=(?:\s+(?==\?))?", re.IGNORECASE)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY, received_at REAL NOT NULL, sender TEXT NOT NULL,
    recipients TEXT NOT NULL, author TEXT NOT NULL, subject TEXT NOT NULL,
    size INTEGER NOT NULL, search TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS content (id INTEGER PRIMARY KEY, raw BLOB NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Summary:
    """A line of the list. `recipients` are of the envelope, `author` is the From header."""

    id: int
    received_at: datetime
    sender: str
    recipients: tuple[str, ...]
    author: str
    subject: str
    size: int


@dataclass(frozen=True, slots=True)
class Page:
    """One page, from 1; `pages` is at least 1."""

    messages: tuple[Summary, ...]
    page: int
    pages: int
    total: int


@dataclass(frozen=True, slots=True)
class CaughtMessage:
    """A whole message. `html` is a stranger's: show it in a sandboxed frame only."""

    summary: Summary
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str
    raw: bytes


def list_messages(folder: Path, query: str = "", page: int = 1) -> Page:
    """What was caught, newest first.

    Args:
        folder: the catcher's folder; a missing one is an empty box.
        query: words that must all be in sender, recipient or subject; any case.
        page: from 1; beyond the last one means the last one.

    """
    words = query.casefold().split()
    where = " AND ".join(["instr(search, ?) > 0"] * len(words)) or "1"
    with closing(_open_for_reading(folder)) as database:
        counted = database.execute(f"SELECT count(*) FROM message WHERE {where}", words)
        total = counted.fetchone()[0]
        pages = max(1, -(-total // PAGE_SIZE))
        page = min(max(1, page), pages)
        rows = database.execute(
            "SELECT id, received_at, sender, recipients, author, subject, size FROM message"
            f" WHERE {where} ORDER BY id DESC LIMIT ? OFFSET ?",
            [*words, PAGE_SIZE, (page - 1) * PAGE_SIZE],
        ).fetchall()
    return Page(tuple(_summary(row) for row in rows), page, pages, total)


def read_message(folder: Path, message_id: int) -> CaughtMessage | None:
    """One message; None when it is not (or no longer) there."""
    with closing(_open_for_reading(folder)) as database:
        row = database.execute(
            "SELECT id, received_at, sender, recipients, author, subject, size, raw"
            " FROM message JOIN content USING (id) WHERE id = ?",
            [message_id],
        ).fetchone()
    if row is None:
        return None
    message = message_from_bytes(row[7], policy=default)
    return CaughtMessage(
        summary=_summary(row[:7]),
        headers=tuple((name, _decoded(str(value))) for name, value in message.raw_items()),
        text=_body(message, "plain"),
        html=_body(message, "html"),
        raw=row[7],
    )


class MailboxWriter:
    """The one writer. Every `add` is committed when it returns: a killed catcher loses nothing
    that it acknowledged (a power cut may).
    """

    def __init__(
        self, folder: Path, *, keep: int = DEFAULT_KEEP, max_bytes: int = DEFAULT_MAX_BYTES
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._keep = keep
        self._max_bytes = max_bytes
        self._database = sqlite3.connect(
            folder / FILE_NAME, isolation_level=None, check_same_thread=False
        )
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.executescript(_SCHEMA)
        self._count, self._bytes, last = self._database.execute(
            "SELECT count(*), coalesce(sum(size), 0), coalesce(max(id), 0) FROM message"
        ).fetchone()
        self._next_id = last + 1

    def add(self, sender: str, recipients: Sequence[str], raw: bytes) -> int:
        """Stores one message; returns its number."""
        message_id: int = self._next_id
        subject, author = header_texts(raw, ("subject", "from"))
        people = "\n".join(recipients)
        search = f"{people}\n{sender}\n{author}\n{subject}".casefold()
        row = (message_id, time.time(), sender, people, author, subject, len(raw), search)
        self._database.execute("BEGIN")
        self._database.execute("INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        self._database.execute("INSERT INTO content VALUES (?, ?)", (message_id, raw))
        self._database.execute("COMMIT")
        self._next_id += 1
        self._count += 1
        self._bytes += len(raw)
        if message_id % _PRUNE_EVERY == 0 or self._bytes > self._max_bytes:
            self._prune()
        return message_id

    def close(self) -> None:
        self._database.close()

    def _prune(self) -> None:
        """The oldest go, until both limits hold with a tenth to spare for the bytes."""
        spare = self._bytes > self._max_bytes
        while self._count > self._keep or (spare and self._bytes > self._max_bytes * 9 // 10):
            excess = max(self._count - self._keep, self._count // 50, 1)
            rows = self._database.execute(
                "SELECT id, size FROM message ORDER BY id LIMIT ?", [excess]
            ).fetchall()
            if not rows:
                return
            self._database.execute("BEGIN")
            for table in ("message", "content"):
                self._database.execute(f"DELETE FROM {table} WHERE id <= ?", [rows[-1][0]])
            self._database.execute("COMMIT")
            self._count -= len(rows)
            self._bytes -= sum(size for _id, size in rows)


def header_texts(raw: bytes, names: Sequence[str]) -> tuple[str, ...]:
    """Decoded values of headers, "" for missing ones; no full parse, this is the fast path."""
    head = raw.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
    found = []
    for name in names:
        field = re.compile(
            rf"^{name}:([^\r\n]*(?:\r\n[ \t][^\r\n]*)*)", re.IGNORECASE | re.MULTILINE
        )
        match = field.search(head)
        found.append(_decoded(match[1]) if match else "")
    return tuple(found)


def _decoded(value: str) -> str:
    value = re.sub(r"\r?\n[ \t]", " ", value).strip()
    if "=?" not in value:
        return value
    try:
        value = _ENCODED.sub(lambda match: base64.b64decode(match[1]).decode(), value)
        return str(make_header(decode_header(value))) if "=?" in value else value
    except (ValueError, LookupError):
        return value


def _open_for_reading(folder: Path) -> sqlite3.Connection:
    path = folder / FILE_NAME
    if not path.exists():
        database = sqlite3.connect(":memory:")
        database.executescript(_SCHEMA)
        return database
    return sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=5)


def _summary(row: Sequence[object]) -> Summary:
    number, received_at, sender, recipients, author, subject, size = row
    return Summary(
        id=int(str(number)),
        received_at=datetime.fromtimestamp(float(str(received_at)), UTC),
        sender=str(sender),
        recipients=tuple(str(recipients).split("\n")),
        author=str(author),
        subject=str(subject),
        size=int(str(size)),
    )


def _body(message: EmailMessage, subtype: str) -> str:
    part = message.get_body(preferencelist=(subtype,))
    if part is None:
        return ""
    payload = part.get_payload(decode=True)
    charset = part.get_content_charset("utf-8")
    data = payload if isinstance(payload, bytes) else b""
    try:
        return data.decode(charset, "replace").replace("\r\n", "\n")
    except LookupError:
        return data.decode("utf-8", "replace").replace("\r\n", "\n")
