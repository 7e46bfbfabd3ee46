"""A few long jobs side by side, each with a database connection of its own."""

import queue
import threading
from collections.abc import Callable, Sequence

from django.db import connections

_POLL_SECONDS = 0.5
Job = Callable[[], None]


def run_together(jobs: Sequence[Job], *, at_once: int) -> None:
    """Runs all jobs, `at_once` at a time, in their order; the first error is raised at the end.

    An interrupt is not held up: the threads are daemons, and what they had open rolls back. After
    an error nothing more is begun.
    """
    waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
    for job in jobs:
        waiting.put(job)
    errors: list[BaseException] = []
    threads = [
        threading.Thread(target=_work, args=(waiting, errors), daemon=True)
        for _number in range(min(at_once, len(jobs)))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            thread.join(_POLL_SECONDS)
    if errors:
        raise errors[0]


def _work(waiting: "queue.SimpleQueue[Job]", errors: list[BaseException]) -> None:
    try:
        while not errors and (job := _next(waiting)) is not None:
            job()
    except BaseException as error:  # noqa: BLE001 - raised by the caller's thread
        errors.append(error)
    finally:
        connections.close_all()


def _next(waiting: "queue.SimpleQueue[Job]") -> Job | None:
    try:
        return waiting.get_nowait()
    except queue.Empty:
        return None
