"""What other apps want done with a schema: news goes up by name, never by signal."""

from collections.abc import Callable

from tenants.tenancy.models import Tenant

Hook = Callable[[Tenant], None]

_after_create: list[Hook] = []


def after_create(hook: Hook) -> Hook:
    """Registers what must run inside a new tenant, in its creation's transaction."""
    _after_create.append(hook)
    return hook


def run_after_create(tenant: Tenant) -> None:
    for hook in _after_create:
        hook(tenant)
