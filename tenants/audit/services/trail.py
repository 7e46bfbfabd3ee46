"""The one writer of the audit trail."""

from typing import Any

from django_tenants.utils import schema_context

from cvm_platform.common import clock
from tenants.accounts.models import Membership
from tenants.accounts.registry import Change
from tenants.audit.contracts import SYSTEM, Actor
from tenants.audit.models import AuditEntry
from tenants.tenancy.models import Tenant


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


def record_account_change(change: Change) -> None:
    """What accounts did to a company's team, keys or settings, in that company's own trail.

    The agency's own team has no tenant schema and so no trail here.
    """
    if change.tenant.kind != Tenant.Kind.CLIENT:
        return
    actor = SYSTEM
    if change.actor is not None:
        held = Membership.objects.filter(user=change.actor, tenant=change.tenant).first()
        role = held.role if held else ""
        actor = Actor(f"user:{change.actor.pk}", role, change.ip, change.actor.pk)
    with schema_context(change.tenant.schema_name):
        record(actor=actor, action=change.action, target=change.target, details=change.details)
