"""News of accounts for the apps above: told by name, never by signal."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model

from tenants.accounts.models import User
from tenants.tenancy.models import Tenant


@dataclass(frozen=True, slots=True)
class Change:
    """Something that was done to who may do what in a tenant; never personal values."""

    tenant: Tenant
    actor: User | None
    action: str
    target: Model
    details: dict[str, Any] = field(default_factory=dict)
    ip: str | None = None


Hook = Callable[[Change], None]

_hooks: list[Hook] = []


def on_change(hook: Hook) -> Hook:
    """Registers what runs in the transaction of every change."""
    if hook not in _hooks:
        _hooks.append(hook)
    return hook


def tell(change: Change) -> None:
    for hook in _hooks:
        hook(change)
