"""How much a file may be. Everything is read in pieces; these stop what is meant to hurt."""

import io
from typing import BinaryIO

from django.utils.translation import gettext as _

from analytics.sources.contracts import FileProblem

LINE_CHARACTERS = 1_000_000
COLUMNS = 500
XLSX_BYTES = 1_000_000_000  # unpacked, all sheets and texts together
XLSX_FILES = 10_000
# Text packs 3 to 50 times; a bomb a thousand times. Small files may pack as they like.
RATIO = 200
RATIO_FROM = 64 * 1024 * 1024


class BoundedReader(io.RawIOBase):
    """Passes bytes through and stops when there are far more of them than the archive can hold."""

    def __init__(self, inner: BinaryIO, packed_bytes: int) -> None:
        self._inner = inner
        self._limit = max(RATIO_FROM, packed_bytes * RATIO)
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # the stubs want any buffer
        data = self._inner.read(len(buffer))
        self._count += len(data)
        if self._count > self._limit:
            raise FileProblem(
                _("The archive unpacks to more than %(times)s times its size. It was not loaded.")
                % {"times": RATIO},
                code="bomb",
            )
        buffer[: len(data)] = data
        return len(data)
