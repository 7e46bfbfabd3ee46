"""The course of a request, beside the trail of changes."""

from typing import Any

from cvm_platform.common import clock
from tenants.audit.services import Actor, record
from tenants.requests.models import RequestEvent, SubjectRequest


def note(request: SubjectRequest, actor: Actor, kind: str, **details: Any) -> RequestEvent:
    """Writes a step in the caller's transaction; numbers and codes, never personal values."""
    record(actor=actor, action=f"request.{kind}", target=request,
           details={"type": request.type, **details})  # fmt: skip
    return RequestEvent.objects.create(
        request=request, at=clock.now(), actor=actor.name, kind=kind, details=details
    )
