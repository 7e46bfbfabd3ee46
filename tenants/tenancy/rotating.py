"""Replacing keys while everything works: each step can be killed and run again."""

import base64
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from cvm_platform.common import clock, crypto
from cvm_platform.common.errors import Conflict
from tenants.tenancy import keys
from tenants.tenancy.models import PlatformKey, Tenant

# longer than any task lives: a process that read the tenant before may still wrap with the former
RETIRE_AFTER = timedelta(hours=24)
_MOST_NUMBERS = 0xFFFF


def unreadable() -> list[str]:
    """Names of what no given master key opens. Nothing may be rotated while there is any."""
    found = []
    for tenant in Tenant.objects.order_by("pk").iterator():
        for context, wrapped in _wrapped_of(tenant):
            if not _opens(keys.masters(), context, wrapped):
                found.append(context)
    for row in PlatformKey.objects.order_by("pk"):
        context = keys.platform_context(row.purpose, row.number)
        if not _opens(keys.masters(), context, bytes(row.wrapped)):
            found.append(context)
    return found


def behind() -> int:
    """How many keys a former master key still wraps: at zero the former ones may be taken away."""
    present = keys.masters()[:1]
    count = sum(
        not _opens(present, context, wrapped)
        for tenant in Tenant.objects.order_by("pk").iterator()
        for context, wrapped in _wrapped_of(tenant)
    )
    return count + sum(
        not _opens(present, keys.platform_context(row.purpose, row.number), bytes(row.wrapped))
        for row in PlatformKey.objects.all()
    )


def rewrap_by_master() -> int:
    """Everything under the present master key, row by row; returns how many rows changed.

    Raises:
        Conflict: something cannot be opened by any given key; nothing was changed.
    """
    if lost := unreadable():
        raise Conflict(
            f"No master key given opens {len(lost)} keys, first of all {lost[0]}. "
            "Nothing was changed. Put the right former key into CVM_MASTER_KEY_OLD."
        )
    keys.ensure_platform_keys()
    changed = sum(_rewrap_tenant(pk) for pk in _ids(Tenant))
    return changed + sum(_rewrap_platform_key(pk) for pk in _ids(PlatformKey))


def _ids(model: Any) -> list[int]:
    return list(model.objects.order_by("pk").values_list("pk", flat=True))


def _wrapped_of(tenant: Tenant) -> list[tuple[str, bytes]]:
    found = [(tenant.schema_name, bytes(tenant.wrapped_key))]
    for entry in tenant.wrap_keys:
        context = keys.wrap_context(tenant.schema_name, int(entry["number"]))
        found.append((context, base64.b64decode(entry["wrapped"])))
    return found


def _opens(masters: tuple[str, ...], context: str, wrapped: bytes) -> bool:
    try:
        keys.open_with(masters, wrapped, context.encode())
    except crypto.Unreadable:
        return False
    return True


def _rewrapped(context: str, wrapped: bytes) -> bytes:
    """The same key under the present master key, tried before it is stored."""
    plain = keys.open_with(keys.masters(), wrapped, context.encode())
    fresh = keys.seal_by_master(plain, context.encode())
    if keys.open_with(keys.masters()[:1], fresh, context.encode()) != plain:
        raise crypto.Unreadable(context)
    return fresh


@transaction.atomic
def _rewrap_tenant(pk: int) -> bool:
    tenant = Tenant.objects.select_for_update().filter(pk=pk).first()
    if tenant is None:
        return False
    present = keys.masters()[:1]
    if all(_opens(present, context, wrapped) for context, wrapped in _wrapped_of(tenant)):
        return False
    wrap_keys = []
    for entry in tenant.wrap_keys:
        context = keys.wrap_context(tenant.schema_name, int(entry["number"]))
        fresh = _rewrapped(context, base64.b64decode(entry["wrapped"]))
        wrap_keys.append({**entry, "wrapped": base64.b64encode(fresh).decode()})
    Tenant.objects.filter(pk=pk).update(
        wrapped_key=_rewrapped(tenant.schema_name, bytes(tenant.wrapped_key)), wrap_keys=wrap_keys
    )
    return True


@transaction.atomic
def _rewrap_platform_key(pk: int) -> bool:
    row = PlatformKey.objects.select_for_update().get(pk=pk)
    context = keys.platform_context(row.purpose, row.number)
    if _opens(keys.masters()[:1], context, bytes(row.wrapped)):
        return False
    PlatformKey.objects.filter(pk=pk).update(wrapped=_rewrapped(context, bytes(row.wrapped)))
    return True


# ---- keys that wrap customers' keys -------------------------------------------------------------


@transaction.atomic
def begin_wrap_key(*, tenant: Tenant) -> Tenant:
    """A new key that wraps customers' keys from now on; the former ones still open."""
    locked = Tenant.objects.select_for_update().get(pk=tenant.pk)
    number = keys.wrap_ring(locked).active + 1
    if number > _MOST_NUMBERS:
        raise Conflict("There are no more numbers for wrap keys.")
    context = keys.wrap_context(locked.schema_name, number).encode()
    entry = {
        "number": number,
        "wrapped": base64.b64encode(keys.seal_by_master(crypto.new_key(), context)).decode(),
        "made_at": clock.now().isoformat(),
    }
    locked.wrap_keys = [*locked.wrap_keys, entry]
    Tenant.objects.filter(pk=locked.pk).update(wrap_keys=locked.wrap_keys)
    return locked


@transaction.atomic
def drop_wrap_keys(*, tenant: Tenant, unused: set[int]) -> list[int]:
    """Forgets wrap keys that wrap nothing, once their successor is old enough.

    Key 0 is derived from the tenant's root and cannot be dropped alone. Returns the numbers.
    """
    locked = Tenant.objects.select_for_update().get(pk=tenant.pk)
    ring = keys.wrap_ring(locked)
    made = {int(entry["number"]): str(entry["made_at"]) for entry in locked.wrap_keys}
    if not made or clock.now() - datetime.fromisoformat(made[ring.active]) < RETIRE_AFTER:
        return []
    dropped = sorted(number for number in made if number in unused and number != ring.active)
    kept = [entry for entry in locked.wrap_keys if int(entry["number"]) not in dropped]
    Tenant.objects.filter(pk=locked.pk).update(wrap_keys=kept)
    return dropped
