"""What people and programs do with an import: make it, say what its columns mean, start it."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, cast
from zoneinfo import ZoneInfo, available_timezones

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from analytics.sources.contracts import (
    DEFAULT_SOURCE,
    FIELDS,
    MASKED,
    REQUIRED,
    SAFE_SAMPLES,
    FileProblem,
    Layout,
)
from analytics.sources.models import ImportJob
from analytics.sources.reading.inspecting import (
    doubled,
    guess_date_order,
    guess_mapping,
    inspect,
)
from analytics.sources.services.running import check_import, run_import
from cvm_platform.common import clock
from cvm_platform.common.errors import Conflict, InvalidInput
from cvm_platform.common.jobs import current_schema, enqueue
from cvm_platform.common.uuids import uuid7
from tenants.audit.services import SYSTEM, Actor, record
from tenants.registers.selectors import demand_running
from tenants.tenancy.selectors import current_tenant

Status = ImportJob.Status
_PIECE = 1 << 20


def create_import(
    *,
    kind: str,
    file_name: str,
    content: BinaryIO,
    actor: Actor,
    options: Mapping[str, Any] | None = None,
) -> ImportJob:
    """Keeps the file and looks at it; nothing is loaded yet.

    Args:
        kind: "orders" or "customers".
        options: what the caller knows already: zone, source, mapping, date_order, encoding,
            delimiter, keep_zero_price. Without a mapping the one of the last import with the same
            columns is taken, otherwise it is guessed.

    Raises:
        FileProblem: the file cannot be a table for us; nothing was kept.
        InvalidInput: an option is wrong.
    """
    if kind not in FIELDS:
        raise InvalidInput(_("An import is of orders or of customers."), fields={"kind": kind})
    chosen = dict(options or {})
    layout = inspect(
        content, encoding=chosen.pop("encoding", ""), delimiter=chosen.pop("delimiter", "")
    )
    job = ImportJob(public_id=uuid7(), kind=kind, file_name=Path(file_name).name[:255])
    job.settings = {"layout": _without_people(kind, layout).as_json(), "source": DEFAULT_SOURCE,
                    "zone": current_tenant().timezone, **_remembered(kind, layout)}  # fmt: skip
    _configure(job, chosen)
    job.file_sha256, job.file_bytes = _digest(content)
    path = f"imports/{current_schema()}/{job.public_id}/source"
    job.file_path = default_storage.save(path, File(content))
    job.created_by = actor.name[:60]
    job.save()
    record(actor=actor, action="import.uploaded", target=job, details={"kind": kind})
    return job


def _without_people(kind: str, layout: Layout) -> Layout:
    """The layout with the samples of personal columns masked."""
    if kind != ImportJob.Kind.CUSTOMERS:
        return layout
    safe = {
        index for key, index in guess_mapping(kind, layout.columns).items() if key in SAFE_SAMPLES
    }
    samples = [
        [cell if index in safe or not cell else MASKED for index, cell in enumerate(row)]
        for row in layout.samples
    ]
    return replace(layout, samples=samples)


def _digest(content: BinaryIO) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    content.seek(0)
    while piece := content.read(_PIECE):
        digest.update(piece)
        size += len(piece)
    content.seek(0)
    return digest.hexdigest(), size


def _remembered(kind: str, layout: Layout) -> dict[str, Any]:
    """What a person confirmed for a file with the very same header, or else our guess."""
    done = ImportJob.objects.filter(
        kind=kind, status=Status.DONE, settings__layout__columns=layout.columns
    ).first()
    if done:
        keys = ("mapping", "zone", "date_order", "source", "return_prefix", "keep_zero_price")
        return {key: done.settings[key] for key in keys if key in done.settings}
    mapping = guess_mapping(kind, layout.columns)
    return {"mapping": mapping, "date_order": guess_date_order(layout, mapping)}


def _configure(job: ImportJob, options: Mapping[str, Any]) -> None:
    layout = Layout.of(job.settings)
    settings = {**job.settings, **options}
    mapping = settings["mapping"] = _columns_of(settings["mapping"], job.kind, layout)
    if settings["zone"] not in available_timezones():
        text = _("Unknown time zone “%(zone)s”. Write it like Europe/Moscow.") % {
            "zone": str(settings["zone"])[:60]
        }
        raise InvalidInput(text, fields={"zone": text})
    if settings.get("date_order", "dmy") not in {"dmy", "mdy"}:
        text = _("The date order is dmy or mdy.")
        raise InvalidInput(text, fields={"date_order": text})
    if not 0 < len(str(settings["source"])) <= 40:
        text = _("The system's name has up to 40 characters.")
        raise InvalidInput(text, fields={"source": text})
    job.settings = settings | {
        "missing": [list(group) for group in REQUIRED[job.kind] if not set(group) & set(mapping)],
        "doubled": doubled(layout.columns),
    }
    ZoneInfo(settings["zone"])


def _columns_of(mapping: Mapping[str, Any], kind: str, layout: Layout) -> dict[str, int]:
    """Field → index; a column may be given by its header or by its place.

    Raises:
        InvalidInput: no such field or column, or one column for two fields.
    """
    known = {field.key for field in FIELDS[kind]}
    found: dict[str, int] = {}
    for key, column in mapping.items():
        index = column if isinstance(column, int) else _place(str(column), layout)
        if key not in known or index is None or not 0 <= index < len(layout.columns):
            text = _("There is no field “%(field)s” or no column “%(column)s”.") % {
                "field": key, "column": column,
            }  # fmt: skip
            raise InvalidInput(text, fields={"mapping": text})
        if index in found.values():
            text = _("The column “%(column)s” stands for two fields.") % {
                "column": layout.columns[index]
            }
            raise InvalidInput(text, fields={"mapping": text})
        found[key] = index
    return found


def _place(name: str, layout: Layout) -> int | None:
    return layout.columns.index(name) if name in layout.columns else None


def require_columns(job: ImportJob) -> None:
    """Raises FileProblem when a needed field has no column."""
    layout = Layout.of(job.settings)
    missing = job.settings["missing"]
    if not missing:
        return
    labels = {field.key: str(field.label) for field in FIELDS[job.kind]}
    wanted = "; ".join(_(" or ").join(labels[key] for key in group) for group in missing)
    if len(layout.columns) == 1:
        raise FileProblem(
            _(
                "Row 1 has one column only: is the delimiter “%(delimiter)s” right? "
                "Missing: %(names)s."
            )
            % {"delimiter": layout.delimiter, "names": wanted},
            row=1, code="missing_columns",
        )  # fmt: skip
    raise FileProblem(
        _("Row 1 has no column for: %(names)s. Choose the columns.") % {"names": wanted},
        row=1, code="missing_columns",
    )  # fmt: skip


def configure_import(*, job: ImportJob, actor: Actor, options: Mapping[str, Any]) -> ImportJob:
    """Takes over what a person chose and checks the whole file in the background.

    Raises:
        InvalidInput, FileProblem: an option is wrong or a needed column is missing.
        Conflict: the import runs or is over.
    """
    chosen = dict(options)
    encoding, delimiter = chosen.pop("encoding", ""), chosen.pop("delimiter", "")
    layout = Layout.of(job.settings)
    if (encoding and encoding != layout.encoding) or (delimiter and delimiter != layout.delimiter):
        fresh = _without_people(job.kind, _reread(job, encoding, delimiter))
        job.settings = job.settings | {"layout": fresh.as_json()}
        chosen["mapping"] = guess_mapping(job.kind, Layout.of(job.settings).columns)
    _configure(job, chosen)
    require_columns(job)
    _move(job, {Status.UPLOADED, Status.CHECKED, Status.FAILED, Status.CANCELLED},
          Status.CHECKING, "sources.check_import")  # fmt: skip
    record(actor=actor, action="import.checked", target=job)
    return job


def _reread(job: ImportJob, encoding: str, delimiter: str) -> Layout:
    with default_storage.open(job.file_path) as file:
        return inspect(cast("BinaryIO", file), encoding=encoding, delimiter=delimiter)


def start_import(*, job: ImportJob, actor: Actor) -> ImportJob:
    """Loads a checked file in the background.

    Raises:
        Conflict: it was not checked, or it runs already.
        Forbidden: the company's assignment does not run (B_AGREEMENT).
    """
    demand_running()
    _move(job, {Status.CHECKED}, Status.RUNNING, "sources.run_import")
    record(actor=actor, action="import.started", target=job, details={"rows": job.rows_read})
    return job


def _move(job: ImportJob, before: set[Status], after: Status, task: str) -> None:
    with transaction.atomic():
        moved = ImportJob.objects.filter(pk=job.pk, status__in=before).update(
            status=after, settings=job.settings, error="", is_cancel_requested=False,
            lease_until=None, attempts=0, started_at=clock.now(), finished_at=None, rows_read=0,
            rows_rejected=0, bytes_read=0,
        )  # fmt: skip
        if not moved:
            raise Conflict(_("This import is running or over. Look at its page."))
        enqueue(task, job_id=job.pk)
    job.refresh_from_db()


def cancel_import(*, job: ImportJob, actor: Actor) -> bool:
    """Stops a check or a load; nothing of it stays. Returns whether there was anything to stop."""
    waiting = ImportJob.objects.filter(
        pk=job.pk, status__in=[Status.UPLOADED, Status.CHECKED]
    ).update(status=Status.CANCELLED, finished_at=clock.now())
    running = ImportJob.objects.filter(
        pk=job.pk, status__in=[Status.CHECKING, Status.RUNNING]
    ).update(is_cancel_requested=True)
    if waiting or running:
        record(actor=actor, action="import.cancelled", target=job)
    return bool(waiting or running)


def import_file(
    *,
    path: Path,
    kind: str = "orders",
    options: Mapping[str, Any] | None = None,
    actor: Actor = SYSTEM,
    is_check: bool = False,
) -> ImportJob:
    """Loads a file at once, in this process: for commands, the demo and benchmarks.

    Raises:
        FileProblem: the file cannot be loaded; nothing of it was.
    """
    with path.open("rb") as content:
        job = create_import(
            kind=kind, file_name=path.name, content=content, actor=actor, options=options
        )
    require_columns(job)
    ImportJob.objects.filter(pk=job.pk).update(
        status=Status.CHECKING if is_check else Status.RUNNING, started_at=clock.now()
    )
    (check_import if is_check else run_import)(job_id=job.pk)
    job.refresh_from_db()
    if job.status == Status.FAILED:
        raise FileProblem(job.error)
    return job
