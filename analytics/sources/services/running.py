"""Checks and loads: claimed by one worker, in one transaction, safe to begin again."""

import logging
from functools import partial
from typing import Any, BinaryIO, cast

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import DatabaseError, OperationalError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from analytics.sources.contracts import Cancelled, FileProblem, Layout
from analytics.sources.models import ImportJob
from analytics.sources.reading.rejects import Rejects
from analytics.sources.services.loading_orders import load_orders
from analytics.sources.services.loading_people import load_people
from analytics.sources.services.pulse import LEASE, Pulse
from cvm_platform.common import clock
from cvm_platform.common.jobs import enqueue
from cvm_platform.common.schema import connection
from tenants.audit.contracts import Action
from tenants.audit.services import SYSTEM, Actor, ProcessingRow, log_processing

_log = logging.getLogger(__name__)
_LOADERS = {ImportJob.Kind.ORDERS: load_orders, ImportJob.Kind.CUSTOMERS: load_people}
_ATTEMPTS = 3
Status = ImportJob.Status
_TASKS = {
    Status.CHECKING: "sources.check_import",
    Status.RUNNING: "sources.run_import",
}


def check_import(*, job_id: int) -> bool:
    """Reads the whole file as a load would and writes nothing but the counts."""
    return _work(job_id, Status.CHECKING)


def run_import(*, job_id: int) -> bool:
    """Loads the file: all of it in one transaction, or nothing.

    Returns:
        False when there was nothing to do: another worker is at it, or it is done.
    """
    return _work(job_id, Status.RUNNING)


def _work(job_id: int, status: Status) -> bool:
    now = clock.now()
    claimed = ImportJob.objects.filter(
        Q(lease_until__isnull=True) | Q(lease_until__lt=now), pk=job_id, status=status
    ).update(lease_until=now + LEASE, attempts=F("attempts") + 1)
    if not claimed:
        return False
    job = ImportJob.objects.get(pk=job_id)
    if job.is_cancel_requested:
        _finish(job, Status.CANCELLED)
        return True
    if job.attempts > _ATTEMPTS:
        _fail(job, _("The import broke off %(times)s times.") % {"times": _ATTEMPTS})
        return True
    try:
        _load(job, is_check=status == Status.CHECKING)
    except Cancelled:
        _finish(job, Status.CANCELLED)
    except FileProblem as problem:
        _fail(job, problem.message)
    except OperationalError:
        raise  # the database is away: the reaper starts the job again
    except Exception:
        _fail(job, _("An error of ours stopped the import. Nothing was loaded."))
        raise
    return True


def _load(job: ImportJob, *, is_check: bool) -> None:
    connection.ensure_connection()
    with (
        Rejects(
            Layout.of(job.settings).columns, shows_cells=job.kind == ImportJob.Kind.ORDERS
        ) as rejects,
        default_storage.open(job.file_path) as file,
        Pulse(job.pk) as pulse,
    ):
        load = partial(_LOADERS[ImportJob.Kind(job.kind)], job, cast("BinaryIO", file), rejects)
        try:
            with transaction.atomic():
                _settle()
                report = load(pulse, is_check=is_check)
                pulse.stop()
                if is_check:
                    transaction.set_rollback(True)
                else:
                    _complete(job, report, rejects, Status.DONE)
                    _log_import(job)
        except DatabaseError as error:
            if pulse.is_cancelled:
                raise Cancelled from error
            raise
        if is_check:
            _complete(job, report, rejects, Status.CHECKED)
    if is_check and job.settings.get("auto_start"):
        _start(job)
    if not is_check and job.kind == ImportJob.Kind.CUSTOMERS:
        # the values are sealed now; the file would be a second copy in the clear
        default_storage.delete(job.file_path)


def _start(job: ImportJob) -> None:
    """Sent with the wish to be loaded as soon as it is checked."""
    with transaction.atomic():
        ImportJob.objects.filter(pk=job.pk, status=Status.CHECKED).update(status=Status.RUNNING)
        enqueue("sources.run_import", job_id=job.pk)


def _settle() -> None:
    """Room to sort and hash half a million rows in memory."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '128MB'")


def _complete(job: ImportJob, report: dict[str, Any], rejects: Rejects, status: Status) -> None:
    """In the load's own transaction, so that a job is done exactly when its rows are there."""
    if job.rejects_path:
        default_storage.delete(job.rejects_path)
    job.rejects_path = ""
    if len(rejects):
        name = f"{job.file_path.rsplit('/', 1)[0]}/rejected.csv"
        job.rejects_path = default_storage.save(name, File(cast("Any", _Encoded(rejects))))
    job.report = report | rejects.as_json()
    job.rows_read = report["rows"]
    job.rows_rejected = len(rejects)
    job.rows_loaded = report["lines"] if status == Status.DONE else 0
    job.bytes_read = job.file_bytes
    _finish(job, status)


def _log_import(job: ImportJob) -> None:
    """What came in, in the transaction that brings it."""
    log_processing(
        rows=[
            ProcessingRow(
                actor=Actor(job.created_by or SYSTEM.name), action=Action.IMPORT,
                object_type=job._meta.label_lower, object_id=str(job.pk), count=job.rows_loaded,
                categories=sorted(job.settings.get("mapping", {})),
                reason=str(job.settings.get("source", "")),
            )
        ]
    )  # fmt: skip


class _Encoded:
    """The rejects' text file as the bytes that a storage wants."""

    def __init__(self, rejects: Rejects) -> None:
        self._text = rejects.rewound()
        self.name = "rejected.csv"

    def read(self, size: int = -1) -> bytes:
        return self._text.read(size).encode()


def _fail(job: ImportJob, message: str) -> None:
    job.error = message
    _finish(job, Status.FAILED)


def _finish(job: ImportJob, status: Status) -> None:
    job.status = status
    job.lease_until = None
    job.finished_at = clock.now()
    job.attempts = 0
    job.save()


def reap_imports() -> int:
    """Starts again what a dead worker left: nothing of it was loaded. Returns how many."""
    lost = ImportJob.objects.filter(
        status__in=list(_TASKS), lease_until__lt=clock.now()
    ).values_list("pk", "status")
    for job_id, status in lost:
        enqueue(_TASKS[Status(status)], job_id=job_id)
    if lost:
        _log.warning("Imports taken up again: %s", [job_id for job_id, _status in lost])
    return len(lost)
