"""The sign of life of a running import: lease, progress, and the ear for Cancel.

The load itself is one long transaction, so all this goes through a connection of its own, in a
thread of its own: a statement that runs for minutes must neither look dead nor be deaf.
"""

import logging
import threading
from datetime import timedelta
from typing import Any, Self

from django.db import DatabaseError

from analytics.sources.contracts import Cancelled
from cvm_platform.common import clock
from cvm_platform.common.schema import connection

LEASE = timedelta(seconds=60)
BEAT_SECONDS = 1.0
_BEAT = """
UPDATE sources_importjob SET lease_until = %s, rows_read = %s, rows_rejected = %s, bytes_read = %s,
    report = jsonb_set(report, '{phase}', to_jsonb(%s::text))
WHERE id = %s RETURNING is_cancel_requested
"""
_log = logging.getLogger(__name__)


class Pulse:
    """A context: beats while the work inside runs.

    Cancel breaks the statement that runs just now; between statements `check` raises.
    """

    def __init__(self, job_id: int) -> None:
        self._job_id = job_id
        self._stop = threading.Event()
        self._cancelled = threading.Event()
        self._main: Any = connection.connection
        self._beats: Any = connection.copy()
        self._beats.inc_thread_sharing()
        self._beats.set_tenant(connection.tenant)
        self._thread = threading.Thread(target=self._run, daemon=True, name="import-pulse")
        self.rows = self.rejected = self.bytes = 0
        self.phase = "reading"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends the beats; the job's row is the main transaction's from now on."""
        self._stop.set()
        self._thread.join()
        self._beats.close()

    @property
    def is_cancelled(self) -> bool:
        return self._cancelled.is_set()

    def check(self) -> None:
        """Raises Cancelled once somebody asked for it."""
        if self._cancelled.is_set():
            raise Cancelled

    def _run(self) -> None:
        while not self._stop.wait(BEAT_SECONDS):
            try:
                self._beat()
            except DatabaseError:  # the work's own connection will tell what is wrong
                _log.warning("The pulse of import %s missed a beat.", self._job_id, exc_info=True)
                self._beats.close()

    def _beat(self) -> None:
        values = [clock.now() + LEASE, self.rows, self.rejected, self.bytes, self.phase]
        with self._beats.cursor() as cursor:
            cursor.execute(_BEAT, [*values, self._job_id])
            row = cursor.fetchone()
        if row and row[0] and not self._cancelled.is_set():
            self._cancelled.set()
            if self._main is not None:
                self._main.cancel_safe(timeout=5)
