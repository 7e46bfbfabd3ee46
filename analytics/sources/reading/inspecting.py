"""A first look at a file: how it is laid out and what its columns probably mean."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import BinaryIO

from django.utils.translation import gettext as _

from analytics.sources.contracts import FIELDS, FileProblem, Layout
from analytics.sources.reading import limits
from analytics.sources.reading.chunks import Chunk
from analytics.sources.reading.opening import kind_of
from analytics.sources.reading.text import inspect_text, text_chunks
from analytics.sources.reading.workbook import workbook_chunks

SAMPLES = 20
_NOT_LETTERS = re.compile(r"[\W_]+")
_SLASHED = re.compile(r"\s*(\d{1,2})[./-](\d{1,2})[./-](?:\d{4}|\d{2})\b")


def chunks(handle: BinaryIO, layout: Layout, size: int) -> Iterator[Chunk]:
    """All rows of the file, the header first."""
    if layout.format == "xlsx":
        return workbook_chunks(handle, size)
    return text_chunks(handle, layout, size)


def inspect(handle: BinaryIO, *, encoding: str = "", delimiter: str = "") -> Layout:
    """The layout, with the header and some rows.

    Args:
        encoding: chosen by a person; empty: guess. The same for `delimiter`.

    Raises:
        FileProblem: this cannot be a table for us.
    """
    kind, is_gzip = kind_of(handle)
    layout = Layout(format=kind, is_gzip=is_gzip)
    if kind == "csv":
        guessed = inspect_text(handle, is_gzip=is_gzip)
        layout = replace(layout, encoding=encoding or guessed[0], delimiter=delimiter or guessed[1])
    first = next(iter(chunks(handle, layout, SAMPLES + 1)), None)
    rows = first.as_rows() if first else []
    if not rows or not any(cell.strip() for cell in rows[0]):
        raise FileProblem(
            _("Row 1 is empty. It must hold the names of the columns."), row=1, code="no_header"
        )
    if len(rows[0]) > limits.COLUMNS:
        raise FileProblem(
            _("Row 1 has more than %(count)s columns.") % {"count": limits.COLUMNS},
            row=1, code="too_many_columns",
        )  # fmt: skip
    if len(rows) == 1:
        raise FileProblem(
            _("The file has a header and no rows below it."), row=1, code="empty_file"
        )
    header = [cell.strip()[:200] for cell in rows[0]]
    samples = [[cell[:100] for cell in row] for row in islice(rows, 1, None)]
    return replace(layout, columns=header, samples=samples)


def normalised(header: str) -> str:
    return _NOT_LETTERS.sub("", header.lower().replace("ё", "е"))


def doubled(columns: list[str]) -> list[str]:
    """Headers that several columns carry, in their order."""
    counts = Counter(normalised(name) for name in columns)
    return [
        name for index, name in enumerate(columns)
        if name and counts[normalised(name)] > 1
        and normalised(name) not in {normalised(other) for other in columns[:index]}
    ]  # fmt: skip


def guess_mapping(kind: str, columns: list[str]) -> dict[str, int]:
    """Our field → index of the column. A header that is there twice is left to a person."""
    ambiguous = {normalised(name) for name in doubled(columns)}
    places = {normalised(name): index for index, name in reversed(list(enumerate(columns)))}
    mapping: dict[str, int] = {}
    for field in FIELDS[kind]:
        names = (field.key.replace("_", ""), *field.names)
        for name in names:
            index = places.get(name)
            if index is not None and name not in ambiguous and index not in mapping.values():
                mapping[field.key] = index
                break
    return mapping


def guess_date_order(layout: Layout, mapping: Mapping[str, int]) -> str:
    """Day first ("dmy") unless the samples of a date column can only be month first ("mdy")."""
    for key in ("ts", "given_at", "pd_consent_at", "email_permission_at"):
        index = mapping.get(key)
        if index is None:
            continue
        for row in layout.samples:
            found = _SLASHED.match(row[index]) if index < len(row) else None
            if found and int(found.group(2)) > 12 >= int(found.group(1)):
                return "mdy"
    return "dmy"
