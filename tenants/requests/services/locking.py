"""A request for writing: one at a time."""

from uuid import UUID

from django.utils.translation import gettext as _

from cvm_platform.common.errors import Conflict, NotFound
from tenants.requests.models import SubjectRequest


def locked(public_id: UUID) -> SubjectRequest:
    """Inside a transaction. Raises: NotFound."""
    request = SubjectRequest.objects.select_for_update().filter(public_id=public_id).first()
    if request is None:
        raise NotFound(_("There is no such request."))
    return request


def locked_open(public_id: UUID) -> SubjectRequest:
    """Raises: NotFound; Conflict: it is closed."""
    request = locked(public_id)
    if not request.is_open:
        raise Conflict(_("This request is closed."), code="closed")
    return request
