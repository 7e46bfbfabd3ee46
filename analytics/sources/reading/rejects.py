"""Rows that were not taken: counted by reason, and all of them in a file to download."""

import csv
import re
import tempfile
from collections.abc import Sequence
from typing import Any, Self

from django.utils.translation import gettext as _

from analytics.sources.contracts import REASONS
from cvm_platform.common.tables import defused

_SAMPLES = 3
_NUMBER = re.compile(r"[+-]?[\d\s]*[.,]?\d+")
_SPOOL = 4 * 1024 * 1024


def neutral(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula (CSV injection)."""
    return cell if _NUMBER.fullmatch(cell) else str(defused(cell))


class Rejects:
    """Collects refused rows; memory does not grow with their number."""

    def __init__(self, columns: Sequence[str], *, shows_cells: bool = True) -> None:
        self._shows_cells = shows_cells
        self.counts: dict[str, int] = {}
        self.samples: dict[str, list[dict[str, Any]]] = {}
        self.file = tempfile.SpooledTemporaryFile(  # noqa: SIM115 lives as long as the import
            _SPOOL, "w+", encoding="utf-8-sig", newline=""
        )
        self._writer = csv.writer(self.file, delimiter=";")
        self._writer.writerow([_("Row"), _("Reason"), *map(neutral, columns)])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.file.close()

    def __len__(self) -> int:
        return sum(self.counts.values())

    def add(self, number: int, reason: str, row: Sequence[str], detail: str = "") -> None:
        """Row `number` of the file (the header is row 1) was refused for `reason`."""
        self.counts[reason] = self.counts.get(reason, 0) + 1
        if self.counts[reason] <= _SAMPLES:
            shown = row if self._shows_cells else ()
            cells = [cell[:40].replace("\x00", "") for cell in shown if cell.strip()][:6]
            self.samples.setdefault(reason, []).append({"row": number, "cells": cells})
        text = detail or str(REASONS.get(reason, reason))
        self._writer.writerow([number, text, *map(neutral, row)])

    def as_json(self) -> dict[str, Any]:
        return {"rejected": dict(self.counts), "samples": self.samples}

    def rewound(self) -> "tempfile.SpooledTemporaryFile[str]":
        self.file.flush()
        self.file.seek(0)
        return self.file
