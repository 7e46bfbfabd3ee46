"""Destruction by a withdrawal, a demand to stop or proof that data are not needed."""

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cvm_platform.common.errors import Conflict
from tenants.audit.services import Actor
from tenants.erasure.contracts import Ground
from tenants.erasure.services import begin_erasure
from tenants.requests.contracts import Type
from tenants.requests.models import SubjectRequest
from tenants.requests.selectors import needs_identity, remaining_of
from tenants.requests.services.journal import note
from tenants.requests.services.locking import locked_open

GROUNDS: Mapping[str, str] = {
    Type.WITHDRAW_21_5: Ground.WITHDRAWN,
    Type.STOP_21_5_1: Ground.STOP,
}


def begin_destruction(*, public_id: UUID, reason: str, actor: Actor) -> SubjectRequest:
    """Hands the customer to erasure, which keeps what other bases still need.

    Raises: NotFound; Conflict: another type, begun already, or who asks is not certain.
    """
    with transaction.atomic():
        request = locked_open(public_id)
        if request.type not in GROUNDS:
            raise Conflict(_("This request asks for no destruction."), code="no_destruction")
        if request.erasure_id:
            raise Conflict(_("Destruction has begun already."), code="begun")
        if request.customer_id is None or needs_identity(request):
            raise Conflict(_("Make sure first who asks: article 14(3)."), code="identity")
        request.remaining = remaining_of(request.customer_id)
        job = begin_erasure(
            customer_id=request.customer_id, ground=GROUNDS[request.type], reason=reason.strip(),
            request_id=request.pk, requested_by=actor,
        )  # fmt: skip
        request.erasure_id = str(job.public_id)
        request.save(update_fields=["remaining", "erasure_id"])
        note(request, actor, "erasure_begun", job=job.pk)
    return request
