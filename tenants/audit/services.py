"""The one writer of the audit trail."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from cvm_platform.common import clock
from tenants.audit.models import AuditEntry


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a user, an API key or the system itself."""

    name: str
    role: str = ""
    ip: str | None = None
    user_id: int | None = None

    @classmethod
    def of(cls, request: HttpRequest) -> "Actor":
        address = request.META.get("REMOTE_ADDR") or None
        membership = getattr(request, "membership", None)
        if membership is not None:
            return cls(f"user:{membership.user_id}", membership.role, address, membership.user_id)
        key = getattr(request, "auth", None)
        return cls(f"api:{key.pk}" if key is not None else "anonymous", "api_client", address)


SYSTEM = Actor("system")


def record(
    *, actor: Actor, action: str, target: Any, details: dict[str, Any] | None = None
) -> AuditEntry:
    """Writes one entry in the caller's transaction.

    Args:
        action: verb and noun, e.g. "broadcast.started".
        target: a saved model instance; its label and key are kept.
        details: counts and field names, never personal values.
    """
    return AuditEntry.objects.create(
        at=clock.now(), actor=actor.name, actor_role=actor.role, ip=actor.ip, action=action,
        object_type=target._meta.label_lower, object_id=str(target.pk), details=details or {},
    )  # fmt: skip
