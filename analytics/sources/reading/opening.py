"""What kind of file this is, told by its first bytes and never by its name."""

import gzip
import io
import zipfile
import zlib
from typing import BinaryIO

from django.utils.translation import gettext as _

from analytics.sources.contracts import FileProblem
from analytics.sources.reading import limits

_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
HEAD = 1024 * 1024


def size_of(handle: BinaryIO) -> int:
    handle.seek(0, io.SEEK_END)
    size = handle.tell()
    handle.seek(0)
    return size


def kind_of(handle: BinaryIO) -> tuple[str, bool]:
    """("csv" or "xlsx", is it gzipped); the handle is left at its start.

    Raises:
        FileProblem: empty, or nothing that we read.
    """
    if not size_of(handle):
        raise FileProblem(_("The file is empty."), code="empty_file")
    start = handle.read(8)
    handle.seek(0)
    if start.startswith(_OLD_EXCEL):
        raise FileProblem(
            _("This is the old Excel format. Save it as .xlsx or CSV and upload it again."),
            code="wrong_format",
        )
    if start.startswith(_ZIP):
        _check_workbook(handle)
        return "xlsx", False
    return "csv", start.startswith(_GZIP)


def _check_workbook(handle: BinaryIO) -> None:
    """Sizes as the archive's directory states them; our reader never unpacks more than that."""
    try:
        entries = zipfile.ZipFile(handle).infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise FileProblem(
            _("The file is damaged: it begins as an Excel workbook and cannot be opened."),
            code="damaged",
        ) from error
    finally:
        handle.seek(0)
    names = {entry.filename for entry in entries}
    if "xl/workbook.xml" not in names:
        raise FileProblem(
            _("This is an archive, not a table. Unpack it and upload the CSV or .xlsx inside."),
            code="wrong_format",
        )
    if any(entry.flag_bits & 1 for entry in entries):
        raise FileProblem(_("The workbook is protected by a password."), code="wrong_format")
    total = sum(entry.file_size for entry in entries)
    bombs = [
        entry for entry in entries
        if entry.file_size > limits.RATIO_FROM
        and entry.file_size > limits.RATIO * max(entry.compress_size, 1)
    ]  # fmt: skip
    if bombs or total > limits.XLSX_BYTES or len(entries) > limits.XLSX_FILES:
        raise FileProblem(
            _("The workbook unpacks to %(size)s MB. Save it as CSV: that is read in pieces.")
            % {"size": total // 1_000_000},
            code="bomb",
        )


def open_bytes(handle: BinaryIO, *, is_gzip: bool) -> io.BufferedReader:
    """The unpacked bytes from the start."""
    packed = size_of(handle)
    if not is_gzip:
        return io.BufferedReader(_Keep(handle), 1 << 18)
    unpacked = gzip.GzipFile(fileobj=handle, mode="rb")
    return io.BufferedReader(limits.BoundedReader(unpacked, packed), 1 << 18)  # type: ignore[arg-type]  # a GzipFile reads like a file


class _Keep(io.RawIOBase):
    """A storage's file as a raw stream that is not closed with its readers."""

    def __init__(self, inner: BinaryIO) -> None:
        self._inner = inner

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # the stubs want any buffer
        data = self._inner.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def head_of(handle: BinaryIO, *, is_gzip: bool) -> bytes:
    """The first unpacked bytes, for guessing.

    Raises:
        FileProblem: the archive is damaged.
    """
    try:
        return open_bytes(handle, is_gzip=is_gzip).read(HEAD)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise damaged_archive(1) from error


def damaged_archive(row: int) -> FileProblem:
    return FileProblem(
        _("The archive is damaged: it cannot be unpacked after row %(row)s.") % {"row": row},
        row=row, code="damaged",
    )  # fmt: skip
