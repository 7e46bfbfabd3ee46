"""Documents of a request: made in the background, kept sealed, gone after a week."""

import hashlib
from datetime import timedelta
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from cvm_platform.common import clock
from cvm_platform.common.errors import Conflict, NotFound
from cvm_platform.common.jobs import enqueue
from cvm_platform.common.schema import connection
from tenants.audit.services import SYSTEM, Actor
from tenants.requests import documents
from tenants.requests.contracts import PACKAGE_DAYS
from tenants.requests.models import RequestFile, SubjectRequest
from tenants.requests.sealing import open_file, seal_file
from tenants.requests.selectors import file_by_public_id
from tenants.requests.services.journal import note

Kind, Format, Status = RequestFile.Kind, RequestFile.Format, RequestFile.Status
_FORMATS = {Kind.ACCESS: (Format.PDF, Format.JSON)}
_LANGUAGE = "ru"  # documents of the law are in the language of the state


def ask_file(*, request: SubjectRequest, kind: str, actor: Actor) -> list[RequestFile]:
    """Orders a document in its formats; an older one that nobody has yet is replaced.

    Raises:
        Conflict: nobody is known to make the package about.
    """
    if kind == Kind.ACCESS and request.customer_id is None:
        raise Conflict(_("Say first which customer asks."), code="nobody")
    with transaction.atomic():
        made = [
            RequestFile.objects.create(
                request=request, kind=kind, format=form, asked_by=actor.name, asked_at=clock.now()
            )
            for form in _FORMATS.get(Kind(kind), (Format.PDF,))
        ]
        note(request, actor, "file_asked", file=str(kind))
        for each in made:
            enqueue("requests.make_file", file_id=each.pk)
    return made


def make_file(*, file_id: int) -> RequestFile | None:
    """Makes and seals one document; made already: nothing. A failure is written down and raised."""
    row = RequestFile.objects.select_related("request").filter(pk=file_id).first()
    if row is None or row.status != Status.PREPARING:
        return row
    try:
        with translation.override(_LANGUAGE):
            content = documents.content_of(row)
    except Exception:
        RequestFile.objects.filter(pk=row.pk).update(status=Status.FAILED)
        raise
    now = clock.now()
    name = f"{connection.schema_name}/requests/{row.public_id}.sealed"
    row.path = default_storage.save(name, ContentFile(seal_file(row.public_id, content)))
    row.status, row.made_at, row.expires_at = Status.READY, now, now + timedelta(days=PACKAGE_DAYS)
    row.size, row.sha256 = len(content), hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        row.save()
        note(row.request, SYSTEM, "file_made", file=row.kind, format=row.format, size=row.size)
    return row


def read_file(*, public_id: UUID, actor: Actor) -> tuple[RequestFile, bytes]:
    """The open document, for the officer's eyes; each taking is counted and noted.

    Raises:
        NotFound: no such document, not ready, or destroyed by its term.
    """
    row = file_by_public_id(public_id)
    now = clock.now()
    if row is None or row.status != Status.READY or row.expires_at is None or row.expires_at <= now:
        raise NotFound(_("This document is not there: it is not ready, or its term is over."))
    with default_storage.open(row.path) as stored:
        content = open_file(row.public_id, stored.read())
    with transaction.atomic():
        RequestFile.objects.filter(pk=row.pk).update(downloads=row.downloads + 1)
        note(row.request, actor, "file_taken", file=row.kind, format=row.format)
    return row, content


def expire_files() -> int:
    """Destroys documents whose week is over; an operator keeps what he sent. Returns how many."""
    late = RequestFile.objects.filter(status=Status.READY, expires_at__lte=clock.now())
    return sum(_destroy(row) for row in late)


def destroy_files(*, customer_ids: list[int]) -> int:
    """All documents about customers, whatever their term; for erasure."""
    rows = RequestFile.objects.filter(
        request__customer_id__in=customer_ids, status__in=[Status.READY, Status.PREPARING]
    )
    return sum(_destroy(row) for row in rows)


def _destroy(row: RequestFile) -> int:
    if row.path:
        default_storage.delete(row.path)
    return RequestFile.objects.filter(pk=row.pk).update(status=Status.EXPIRED, path="")
