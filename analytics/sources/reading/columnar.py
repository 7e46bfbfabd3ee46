"""The usual CSV file read by pyarrow, block by block; whatever is unusual is left to `text`.

A block ends at a line break. That is the end of a row only if no quoted cell goes over lines, so
a block in which any line has an odd number of quotation marks ends the quick reading.
"""

import csv
import io
from collections.abc import Generator
from typing import BinaryIO

import numpy as np
import pyarrow as pa
from pyarrow import csv as pa_csv

from analytics.sources.contracts import Layout
from analytics.sources.reading import limits
from analytics.sources.reading.chunks import Chunk

BLOCK = 4 * 1024 * 1024
ENCODINGS = frozenset({"utf-8", "cp1251", "koi8-r", "cp866"})  # where a line break is one byte
_MARK, _END = ord('"'), ord("\n")
_BOM = b"\xef\xbb\xbf"
_READ = pa_csv.ReadOptions(use_threads=False, autogenerate_column_names=True, block_size=1 << 30)


def columnar_chunks(stream: BinaryIO, layout: Layout) -> Generator[Chunk, None, tuple[bytes, int]]:
    """Yields chunks while the file is usual.

    Returns:
        Bytes that were read and not understood, and the number of rows that were: there the
        careful reader goes on. An error is left to it too, since it can name the row.
    """
    rest, done = b"", 0
    while data := stream.read(BLOCK):
        if not done and not rest and layout.encoding == "utf-8":
            data = data.removeprefix(_BOM)
        data = rest + data
        end = data.rfind(b"\n") + 1
        if not end or len(data) - end > limits.LINE_CHARACTERS or _runs_over_lines(data[:end]):
            return data, done
        try:
            chunk = _parsed(data[:end], layout, done + 1)
        except (UnicodeDecodeError, csv.Error):
            return data, done
        rest = data[end:]
        if len(chunk):
            yield chunk
        done += len(chunk)
    return rest, done


def _runs_over_lines(block: bytes) -> bool:
    """Whether any line has an odd number of quotation marks."""
    if b'"' not in block:
        return False
    letters = np.frombuffer(block, np.uint8)
    marks, ends = np.flatnonzero(letters == _MARK), np.flatnonzero(letters == _END)
    return bool((np.searchsorted(marks, ends) % 2).any())


def _parsed(block: bytes, layout: Layout, first: int) -> Chunk:
    if layout.encoding != "utf-8":
        block = block.decode(layout.encoding).encode()
    options = pa_csv.ParseOptions(
        delimiter=layout.delimiter, newlines_in_values=False, ignore_empty_lines=False
    )
    width = len(layout.columns)
    texts = pa_csv.ConvertOptions(
        column_types={f"f{index}": pa.string() for index in range(width)},
        strings_can_be_null=False, check_utf8=True,
    )  # fmt: skip
    try:
        table = pa_csv.read_csv(
            io.BytesIO(block), read_options=_READ, parse_options=options, convert_options=texts
        )
    except pa.ArrowInvalid:
        table = None  # a row of another width, or bytes that are no text
    if table is not None and table.num_columns == width:
        return Chunk(first, table)
    text = io.StringIO(block.decode(), newline="")
    return Chunk(first, None, list(csv.reader(text, delimiter=layout.delimiter)))
