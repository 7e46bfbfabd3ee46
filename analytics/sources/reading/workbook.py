"""The first sheet of an Excel workbook, row by row; formulas as the values Excel kept for them."""

import datetime as dt
import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

import openpyxl
from django.utils.translation import gettext as _

from analytics.sources.contracts import FileProblem
from analytics.sources.reading import limits
from analytics.sources.reading.chunks import Chunk, Row


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime):
        return value.isoformat(" ", "seconds")
    return str(value)


def _trimmed(values: tuple[Any, ...]) -> Row:
    """One column more than may be, so that too many of them are seen."""
    row = [value if type(value) is str else _text(value) for value in values[: limits.COLUMNS + 1]]
    while row and not row[-1]:
        row.pop()
    return row


def workbook_chunks(handle: BinaryIO, size: int) -> Iterator[Chunk]:
    """Rows with the header, `size` at a time, empty ones too, so that numbers are Excel's.

    Raises:
        FileProblem: the workbook is damaged.
    """
    handle.seek(0)
    row_number = 0
    try:
        book = openpyxl.load_workbook(handle, read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        rows: list[Row] = []
        width = 0
        for values in sheet.iter_rows(values_only=True):
            row_number += 1
            row = _trimmed(values)
            width = width or len(row)
            if row and len(row) < width:  # cells that were never filled are not in the file
                row += [""] * (width - len(row))
            rows.append(row)
            if len(rows) == size:
                yield Chunk(row_number - size + 1, None, rows)
                rows = []
        if rows:
            yield Chunk(row_number - len(rows) + 1, None, rows)
    except (zipfile.BadZipFile, KeyError, ValueError, IndexError, ParseError, EOFError) as error:
        raise FileProblem(
            _("The workbook is damaged after row %(row)s. Nothing was loaded.")
            % {"row": row_number},
            row=row_number, code="damaged",
        ) from error  # fmt: skip
