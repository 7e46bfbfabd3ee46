"""Keys of the tenants and of the platform: unwrapped once per process, never stored in the clear.

Three kinds hang on the master key, and each may be replaced without stopping anything:

- the master key itself: whatever it wraps is wrapped anew by `manage.py rotate_keys`; until then
  the former ones (CVM_MASTER_KEY_OLD) still open it;
- the keys that wrap the keys of a tenant's customers, by number: 0 is derived from the tenant's
  root, later ones are random and stand in `Tenant.wrap_keys`;
- the platform's own keys by purpose and number (`PlatformKey`): addresses in letters, sign-in
  codes. Former ones stay: an address in a letter must work for years.

The root of a tenant never changes: blind indexes and the seals of the logs are made of it. A stop
list holds addresses of erased people as blind indexes alone, so a new index key would lose every
refusal in it.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django_tenants.utils import get_public_schema_name

from cvm_platform.common import clock, crypto
from tenants.tenancy.models import PlatformKey, Tenant

ADDRESSES = "message-addresses"
SIGN_IN_CODES = "sign-in-codes"
_PURPOSES = (ADDRESSES, SIGN_IN_CODES)
_NUMBER_BYTES = 2
# nonce + key + tag of AES-GCM: what was wrapped before wrap keys had numbers
_PLAIN_WRAP = crypto.NONCE_BYTES + crypto.KEY_BYTES + 16


def masters() -> tuple[str, ...]:
    """The present master key and the former ones, in base64."""
    return (settings.MASTER_KEY, *settings.MASTER_KEY_OLD)


def open_with(keys: Sequence[str], wrapped: bytes, context: bytes) -> bytes:
    """What one of the master keys opens.

    Raises:
        Unreadable: none of them does.
    """
    for key in keys:
        try:
            return crypto.unseal(crypto.decode_key(key), wrapped, context)
        except crypto.Unreadable:
            continue
    raise crypto.Unreadable("No master key given opens this key.")


def seal_by_master(key: bytes, context: bytes) -> bytes:
    return crypto.seal(crypto.decode_key(settings.MASTER_KEY), key, context)


def wrap_new_tenant_key(schema_name: str) -> bytes:
    """A fresh tenant key, sealed by the master key for this schema alone."""
    return seal_by_master(crypto.new_key(), schema_name.encode())


@lru_cache(maxsize=2048)
def _unwrap(context: str, wrapped: bytes, keys: tuple[str, ...]) -> bytes:
    return open_with(keys, wrapped, context.encode())


@lru_cache(maxsize=4096)
def _derive(key: bytes, purpose: str) -> bytes:
    return crypto.derive(key, purpose)


def tenant_key(tenant: Tenant, purpose: str) -> bytes:
    """A 32-byte sub-key of the tenant for one purpose, e.g. "blind", "seal"."""
    return _derive(_unwrap(tenant.schema_name, bytes(tenant.wrapped_key), masters()), purpose)


# ---- keys that wrap customers' keys -------------------------------------------------------------


def wrap_context(schema_name: str, number: int) -> str:
    return f"{schema_name}:wrap:{number}"


@dataclass(frozen=True, slots=True)
class WrapRing:
    """Wraps with the newest key, opens with any that is still kept."""

    keys: dict[int, bytes]
    active: int

    def seal(self, plain: bytes, context: bytes) -> bytes:
        sealed = crypto.seal(self.keys[self.active], plain, context)
        return self.active.to_bytes(_NUMBER_BYTES, "big") + sealed if self.active else sealed

    def unseal(self, wrapped: bytes, context: bytes) -> bytes:
        """The plain bytes.

        Raises:
            Unreadable: the key is not kept any more, or the value was changed.
        """
        number = number_of(wrapped)
        if number not in self.keys:
            raise crypto.Unreadable(f"There is no wrap key {number}.")
        body = wrapped[_NUMBER_BYTES:] if number else wrapped
        return crypto.unseal(self.keys[number], body, context)


def number_of(wrapped: bytes) -> int:
    """Which wrap key a stored key needs: two bytes in front, none for the first."""
    if len(wrapped) == _PLAIN_WRAP:
        return 0
    return int.from_bytes(wrapped[:_NUMBER_BYTES], "big")


def wrap_ring(tenant: Tenant) -> WrapRing:
    keys = {0: tenant_key(tenant, "wrap")}
    for entry in tenant.wrap_keys:
        number = int(entry["number"])
        wrapped = base64.b64decode(entry["wrapped"])
        keys[number] = _unwrap(wrap_context(tenant.schema_name, number), wrapped, masters())
    return WrapRing(keys, max(keys))


# ---- the platform's own keys --------------------------------------------------------------------

Ring = tuple[tuple[int, bytes], ...]
_rings: dict[str, Ring] = {}


def platform_context(purpose: str, number: int) -> str:
    return f"platform:{purpose}:{number}"


def platform_ring(purpose: str) -> Ring:
    """(number, key), the oldest first; remembered until `forget_rings`."""
    if purpose not in _rings:
        rows = PlatformKey.objects.filter(purpose=purpose).order_by("number")
        found = tuple(
            (row.number, _unwrap(platform_context(purpose, row.number), bytes(row.wrapped),
                                 masters()))
            for row in rows
        )  # fmt: skip
        if not found:
            return ((1, first_platform_key(purpose)),)
        _rings[purpose] = found
    return _rings[purpose]


def forget_rings() -> None:
    """After a key was added, and where something came that none of the known keys made."""
    _rings.clear()


def first_platform_key(purpose: str) -> bytes:
    """What was used before these keys were stored: derived from the master key of that time.

    That is the one which opens the platform's own row: rotation stores this key first.
    """
    public = Tenant.objects.get(schema_name=get_public_schema_name())
    for text in masters():
        master = crypto.decode_key(text)
        try:
            crypto.unseal(master, bytes(public.wrapped_key), public.schema_name.encode())
        except crypto.Unreadable:
            continue
        return crypto.derive(master, purpose)
    raise crypto.Unreadable("No master key given opens the platform's own key.")


def ensure_platform_keys() -> None:
    """The first key of every purpose is stored, so that it outlives the master key."""
    for purpose in _PURPOSES:
        if not PlatformKey.objects.filter(purpose=purpose).exists():
            add_platform_key(purpose, first_platform_key(purpose))


def add_platform_key(purpose: str, key: bytes | None = None) -> int:
    """Gives the number of the new key, which signs from now on in processes that know it."""
    last = PlatformKey.objects.filter(purpose=purpose).order_by("-number").first()
    number = last.number + 1 if last else 1
    wrapped = seal_by_master(key or crypto.new_key(), platform_context(purpose, number).encode())
    PlatformKey.objects.create(purpose=purpose, number=number, wrapped=wrapped, made_at=clock.now())
    forget_rings()
    return number
