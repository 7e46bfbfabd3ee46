"""What the import screens show, worked out from the job's settings and report."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from analytics.sources.contracts import FIELDS, REASONS, Layout
from analytics.sources.models import ImportJob
from analytics.sources.reading.text import DELIMITERS, ENCODINGS
from cvm_platform.common import figures

Status = ImportJob.Status
ACTIVE = frozenset({Status.CHECKING, Status.RUNNING})
_SAMPLES = 3
_PHASES: Mapping[str, Any] = {
    "reading": lambda: _("Reading the file"),
    "grouping": lambda: _("Putting the rows together into orders"),
    "loading": lambda: _("Writing orders, customers and rollups"),
}
# what goes wrong with a field
_FAULTS: Mapping[str, tuple[str, ...]] = {
    "order": ("no_order",),
    "ts": ("bad_date", "old_date", "future_date"),
    "quantity": ("bad_quantity", "zero_quantity"),
    "price": ("bad_price", "zero_price", "negative_price"),
    "amount": ("bad_amount", "zero_price"),
    "discount": ("bad_discount",),
    "cost": ("bad_cost",),
    "email": ("bad_email",),
    "phone": ("bad_phone",),
    "timezone": ("bad_timezone",),
    "document": ("bad_document",),
    "channel": ("bad_channel",),
    "address": ("no_address",),
    "given_at": ("bad_date",),
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file with what it is taken for and how its values did."""

    index: int
    name: str
    sample: str
    field: str
    state: str  # pos, warn or unk
    note: str


@dataclass(frozen=True, slots=True)
class Rejected:
    label: str | Promise
    count: int
    row: int
    sample: str


@dataclass(frozen=True, slots=True)
class Progress:
    """`share` of the file that was read; while the database works it stays at its end."""

    share: float
    phase: str
    rows: int


# in words of the list: what each sort means
SORTS = {"new": "-id", "name": "file_name", "rows": "-rows_read", "refused": "-rows_rejected"}


def imports(
    *, text: str = "", kind: str = "", status: str = "", sort: str = "new"
) -> QuerySet[ImportJob]:
    """Loads by a part of the file's name, kind and state; an unknown sort is the newest first."""
    found = ImportJob.objects.all()
    if text.strip():
        found = found.filter(file_name__icontains=text.strip())
    if kind:
        found = found.filter(kind=kind)
    if status:
        found = found.filter(status=status)
    return found.order_by(SORTS.get(sort, "-id"), "-id")


def import_by_public_id(public_id: UUID) -> ImportJob | None:
    return ImportJob.objects.filter(public_id=public_id).first()


def columns_of(job: ImportJob) -> list[Column]:
    layout = Layout.of(job.settings)
    taken = {index: key for key, index in job.settings["mapping"].items()}
    doubled = set(job.settings.get("doubled", ()))
    return [
        _column(job, index, name, taken.get(index, ""), layout, is_doubled=name in doubled)
        for index, name in enumerate(layout.columns)
    ]


def _column(
    job: ImportJob, index: int, name: str, field: str, layout: Layout, *, is_doubled: bool
) -> Column:
    values = [row[index] or _("(empty)") for row in layout.samples if index < len(row)]
    sample = " · ".join(list(dict.fromkeys(values))[:_SAMPLES])
    state, note = ("unk", _("Skipped")) if not field else _verdict(job, field)
    if is_doubled:
        state, note = "warn", _("This name is there twice: check which one is meant")
    return Column(index, name or _("(no name)"), sample, field, state, note)


def _verdict(job: ImportJob, field: str) -> tuple[str, str]:
    report = job.report
    if "rows" not in report:
        return "unk", _("Not checked yet")
    count = sum(report.get("rejected", {}).get(code, 0) for code in _FAULTS.get(field, ()))
    if count:
        return "warn", _("Refused rows: %(count)s") % {"count": count}
    if field == "customer" and report.get("rows_without_customer"):
        share = report["rows_without_customer"] / max(report["rows"], 1)
        return "warn", _("Empty in %(share)s") % {"share": figures.percent(share, digits=1)}
    if field == "quantity" and report.get("negative_lines"):
        return "pos", _("Returned lines: %(count)s") % {"count": report["negative_lines"]}
    return "pos", _("All rows")


def fields_of(job: ImportJob) -> list[tuple[str, str | Promise]]:
    return [(field.key, field.label) for field in FIELDS[job.kind]]


def rejected_of(job: ImportJob) -> list[Rejected]:
    samples: Mapping[str, list[dict[str, Any]]] = job.report.get("samples", {})
    counts: Mapping[str, int] = job.report.get("rejected", {})
    return [
        Rejected(
            REASONS.get(code, code), count, samples[code][0]["row"],
            " · ".join(samples[code][0]["cells"]),
        )
        for code, count in sorted(counts.items(), key=lambda item: -item[1])
        if samples.get(code)
    ]  # fmt: skip


def progress_of(job: ImportJob) -> Progress:
    phase = str(job.report.get("phase", "reading"))
    read = job.bytes_read / job.file_bytes if job.file_bytes else 0.0
    share = min(read, 1.0) * 0.6 + {"grouping": 0.1, "loading": 0.2}.get(phase, 0.0)
    return Progress(share, _PHASES.get(phase, _PHASES["reading"])(), job.rows_read)


def steps_of(job: ImportJob | None) -> Iterator[tuple[str, str]]:
    """(name, "done", "now" or "") of the four steps."""
    names = [_("1. File"), _("2. Columns and check"), _("3. Loading"), _("4. Result")]
    now = 0
    if job is not None:
        now = {Status.RUNNING: 2, Status.DONE: 3}.get(Status(job.status), 1)
    for index, name in enumerate(names):
        yield name, "done" if index < now else "now" if index == now else ""


def dates_of(job: ImportJob) -> tuple[datetime, datetime] | None:
    """The first and the last order of a checked file."""
    first, last = job.report.get("first_at"), job.report.get("last_at")
    return (datetime.fromisoformat(first), datetime.fromisoformat(last)) if first and last else None


def layout_words(job: ImportJob) -> tuple[str, str]:
    """Encoding and delimiter for people; empty for a workbook."""
    layout = Layout.of(job.settings)
    if layout.format == "xlsx":
        return "", ""
    return ENCODINGS.get(layout.encoding, layout.encoding), DELIMITERS.get(
        layout.delimiter, layout.delimiter
    )
