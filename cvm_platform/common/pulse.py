"""The sign of life of long work that is one transaction: lease, progress, and the ear for Cancel.

All this goes through a connection of its own, in a thread of its own: a statement that runs for
minutes must neither look dead nor be deaf.
"""

import logging
import threading
from datetime import timedelta
from typing import Any, Self

from django.db import DatabaseError

from cvm_platform.common.schema import connection

LEASE = timedelta(seconds=60)
BEAT_SECONDS = 1.0
_log = logging.getLogger(__name__)


class Pulse:
    """A context: beats while the work inside runs. `beat` says what a beat is.

    When a beat hears that the work is not wanted, the statement that runs just now is broken off;
    between statements the work looks at `is_cancelled`.
    """

    def __init__(self, name: str) -> None:
        connection.ensure_connection()
        self._name = name
        self._stop = threading.Event()
        self._cancelled = threading.Event()
        self._main: Any = connection.connection
        self._beats: Any = connection.copy()
        self._beats.inc_thread_sharing()
        self._beats.set_tenant(connection.tenant)
        self._thread = threading.Thread(target=self._run, daemon=True, name=name)
        self.may_break = True

    def beat(self, cursor: Any) -> bool:
        """One statement. True: nobody wants the work any more."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends the beats; the row they write to is the main transaction's from now on."""
        self._stop.set()
        self._thread.join()
        self._beats.close()

    @property
    def is_cancelled(self) -> bool:
        return self._cancelled.is_set()

    def _run(self) -> None:
        while not self._stop.wait(BEAT_SECONDS):
            try:
                with self._beats.cursor() as cursor:
                    is_over = self.beat(cursor)
            except DatabaseError:  # the work's own connection will tell what is wrong
                _log.warning("%s missed a beat.", self._name, exc_info=True)
                self._beats.close()
            else:
                self._hear(is_over=is_over)

    def _hear(self, *, is_over: bool) -> None:
        if is_over and self.may_break and not self._cancelled.is_set():
            self._cancelled.set()
            if self._main is not None:
                self._main.cancel_safe(timeout=5)
