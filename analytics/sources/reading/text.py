"""CSV in any usual encoding and with any usual delimiter."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from django.utils.translation import gettext as _

from analytics.sources.contracts import FileProblem, Layout
from analytics.sources.reading import columnar, limits
from analytics.sources.reading.chunks import Chunk, Row
from analytics.sources.reading.opening import HEAD, damaged_archive, head_of, open_bytes

ENCODINGS = {
    "utf-8": "UTF-8",
    "cp1251": "Windows-1251",
    "utf-16": "UTF-16",
    "koi8-r": "KOI8-R",
    "cp866": "DOS (866)",
}
DELIMITERS = {",": ",", ";": ";", "\t": "Tab", "|": "|"}
_SNIFF_ROWS = 50
_OPEN_QUOTE_LINES = 20

csv.field_size_limit(limits.LINE_CHARACTERS)


def guess_encoding(head: bytes) -> str:
    """Of the beginning of a file.

    Raises:
        FileProblem: this is no text.
    """
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if b"\x00" in head:
        raise FileProblem(
            _("This is not a text file. Upload CSV (also .gz) or .xlsx."), code="wrong_format"
        )
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if len(head) < HEAD or error.end < len(head) - 3:  # not merely cut in mid letter
            return "cp1251"
    return "utf-8"


def guess_delimiter(text: str) -> str:
    """The one that gives most columns in the header and the same number below it."""
    best, best_score = ",", 0
    for delimiter in DELIMITERS:
        rows = list(islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter),
                           _SNIFF_ROWS))[:-1] or [text.split(delimiter)]  # fmt: skip
        width = len(rows[0])
        score = sum(len(row) == width for row in rows) * (width - 1)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def inspect_text(handle: BinaryIO, *, is_gzip: bool) -> tuple[str, str]:
    """(encoding, delimiter), guessed from the first megabyte."""
    head = head_of(handle, is_gzip=is_gzip)
    if not head:
        raise FileProblem(_("The file is empty."), code="empty_file")
    encoding = guess_encoding(head)
    return encoding, guess_delimiter(
        head.decode(encoding, errors="ignore")[: limits.LINE_CHARACTERS]
    )


def text_chunks(handle: BinaryIO, layout: Layout, size: int) -> Iterator[Chunk]:
    """Rows with the header; the first row of the file is row 1.

    Raises:
        FileProblem: encoding, archive or a line is broken; with the row.
    """
    stream = open_bytes(handle, is_gzip=layout.is_gzip)
    rest, done = b"", 0
    if layout.columns and layout.encoding in columnar.ENCODINGS:
        try:
            rest, done = yield from columnar.columnar_chunks(stream, layout)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise damaged_archive(done) from error
    yield from _careful_chunks(handle, io.BufferedReader(_Joined(rest, stream)), layout, done, size)


def _careful_chunks(
    handle: BinaryIO, stream: io.BufferedReader, layout: Layout, done: int, size: int
) -> Iterator[Chunk]:
    """Row by row from row `done` + 1 on."""
    encoding = "utf-8-sig" if layout.encoding == "utf-8" and not done else layout.encoding
    text = io.TextIOWrapper(stream, encoding=encoding, newline="")
    reader = csv.reader(_lines(text), delimiter=layout.delimiter)
    last: Row = []
    while True:
        rows: list[Row] = []
        try:
            # what was read before an error stays in the list, and so tells the row
            rows.extend(islice(reader, size))
        except UnicodeDecodeError as error:
            raise _bad_encoding(handle, layout, done + len(rows) + 1) from error
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise damaged_archive(done + len(rows)) from error
        except (csv.Error, _LongLine) as error:
            raise _bad_line(done + len(rows) + 1) from error
        if not rows:
            if layout.columns and last and _is_cut_short(last, layout):
                raise _open_quote(done)
            return
        yield Chunk(done + 1, None, rows)
        done, last = done + len(rows), rows[-1]


def _is_cut_short(row: Row, layout: Layout) -> bool:
    """The file ended inside quotation marks: the last cell holds what should follow it."""
    return len(row) < len(layout.columns) and layout.delimiter in row[-1]


class _Joined(io.RawIOBase):
    """Bytes that were read already, then the rest of their stream."""

    def __init__(self, head: bytes, tail: io.BufferedReader) -> None:
        self._head = io.BytesIO(head)
        self._tail = tail

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # the stubs want any buffer
        return self._head.readinto(buffer) or self._tail.readinto1(buffer)


class _LongLine(Exception):
    pass


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    readline = text.readline
    while line := readline(limits.LINE_CHARACTERS):
        if len(line) >= limits.LINE_CHARACTERS:
            raise _LongLine
        yield line


def _bad_line(row: int) -> FileProblem:
    return FileProblem(
        _(
            "Row %(row)s is longer than a million characters: a line break is missing or a "
            "quotation mark is not closed. Nothing was loaded."
        )
        % {"row": row},
        row=row,
        code="long_line",
    )


def _bad_encoding(handle: BinaryIO, layout: Layout, row: int) -> FileProblem:
    """Looks the broken line up: text is decoded in blocks, so the reader does not know it."""
    line = row
    if layout.encoding != "utf-16":
        stream = open_bytes(handle, is_gzip=layout.is_gzip)
        line = 0
        while data := stream.readline(limits.LINE_CHARACTERS):
            line += 1
            try:
                data.decode(layout.encoding)
            except UnicodeDecodeError:
                break
    return FileProblem(
        _(
            "Line %(row)s cannot be read as %(encoding)s. Choose another encoding or save the "
            "file as UTF-8. Nothing was loaded."
        )
        % {"row": line, "encoding": ENCODINGS.get(layout.encoding, layout.encoding)},
        row=line,
        code="bad_encoding",
    )


def open_quote(row: Row, number: int) -> FileProblem | None:
    """A row of the wrong width with many lines in one cell swallowed its neighbours."""
    if any(cell.count("\n") > _OPEN_QUOTE_LINES for cell in row):
        return _open_quote(number)
    return None


def _open_quote(number: int) -> FileProblem:
    return FileProblem(
        _("Row %(row)s: a quotation mark is opened and not closed. Nothing was loaded.")
        % {"row": number},
        row=number, code="open_quote",
    )  # fmt: skip
