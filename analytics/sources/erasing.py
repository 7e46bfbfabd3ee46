"""Loaded files: looked through when a person is erased, destroyed when their term is over."""

from collections.abc import Sequence
from datetime import datetime

from django.core.files.storage import default_storage
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from analytics.sources.models import ImportJob
from cvm_platform.common import bulk
from tenants.erasure.contracts import Eraser, Finding, Means, Person, Rule
from tenants.erasure.registry import add_eraser, add_rule

_PIECE = 1 << 20
_OVER = Q(status__in=["done", "failed", "cancelled"])
_SAMPLES = """
UPDATE sources_importjob SET report = report - 'samples',
    settings = settings #- '{layout,samples}'
WHERE position(lower(%s) in lower(report::text || settings::text)) > 0
"""


def _paths(job: ImportJob) -> list[str]:
    named = [path for path in (job.file_path, job.rejects_path) if path]
    return [path for path in named if default_storage.exists(path)]


def _names(path: str, needles: Sequence[bytes]) -> bool:
    longest = max(map(len, needles))
    with default_storage.open(path, "rb") as file:
        tail = b""
        while piece := file.read(_PIECE):
            text = (tail + piece).lower()
            if any(needle in text for needle in needles):
                return True
            tail = piece[-longest:]
    return False


def forget_files(people: Sequence[Person]) -> int:
    """A file that names one of them goes whole: what it brought is in the tables."""
    texts = [text for person in people for text in person.needles]
    if not texts:
        return 0
    needles = [text.lower().encode() for text in texts]
    taken = 0
    for job in ImportJob.objects.exclude(file_path=""):
        for path in _paths(job):
            if _names(path, needles):
                default_storage.delete(path)
                taken += 1
    return taken + sum(bulk.run(_SAMPLES, [text]) for text in texts)


def _old(cutoff: datetime) -> QuerySet[ImportJob]:
    """Also what was uploaded and never started."""
    return ImportJob.objects.filter(
        (_OVER & Q(finished_at__lt=cutoff)) | (~_OVER & Q(created_at__lt=cutoff))
    )


def find_files(cutoff: datetime) -> Finding:
    paths = [path for job in _old(cutoff) for path in _paths(job)]
    return Finding(len(paths))


def destroy_files(cutoff: datetime) -> int:
    taken = 0
    for job in _old(cutoff):
        for path in _paths(job):
            default_storage.delete(path)
            taken += 1
        bulk.run(
            "UPDATE sources_importjob SET report = report - 'samples', rejects_path = '',"
            " settings = settings #- '{layout,samples}' WHERE id = %s",
            [job.pk],
        )
    return taken


def register() -> None:
    add_eraser(Eraser("sources.ImportJob", Means.DELETE, ("files",), order=20, run=forget_files))
    add_rule(
        Rule("import_files", _("Files of loads and their refused rows"), find_files, destroy_files,
             ("files",))
    )  # fmt: skip
