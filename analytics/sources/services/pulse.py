"""The sign of life of a running import: how far it is, and whether it is still wanted."""

from typing import Any

from analytics.sources.contracts import Cancelled
from cvm_platform.common import clock
from cvm_platform.common import pulse as common
from cvm_platform.common.pulse import LEASE

__all__ = ["LEASE", "Pulse"]

_BEAT = """
UPDATE sources_importjob SET lease_until = %s, rows_read = %s, rows_rejected = %s, bytes_read = %s,
    report = jsonb_set(report, '{phase}', to_jsonb(%s::text))
WHERE id = %s RETURNING is_cancel_requested
"""


class Pulse(common.Pulse):
    """Cancel breaks the statement that runs just now; between statements `check` raises."""

    def __init__(self, job_id: int) -> None:
        super().__init__(f"import {job_id}")
        self._job_id = job_id
        self.rows = self.rejected = self.bytes = 0
        self.phase = "reading"

    def check(self) -> None:
        """Raises Cancelled once somebody asked for it."""
        if self.is_cancelled:
            raise Cancelled

    def beat(self, cursor: Any) -> bool:
        values = [clock.now() + LEASE, self.rows, self.rejected, self.bytes, self.phase]
        cursor.execute(_BEAT, [*values, self._job_id])
        row = cursor.fetchone()
        return bool(row and row[0])
