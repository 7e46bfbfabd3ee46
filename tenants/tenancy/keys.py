"""Keys of the current tenant: unwrapped once per process and schema, never stored in the clear."""

from functools import lru_cache

from django.conf import settings

from cvm_platform.common import crypto
from tenants.tenancy.models import Tenant


def wrap_new_tenant_key(schema_name: str) -> bytes:
    """A fresh tenant key, sealed by the master key for this schema alone."""
    return crypto.seal(
        crypto.decode_key(settings.MASTER_KEY), crypto.new_key(), schema_name.encode()
    )


@lru_cache(maxsize=512)
def _unwrap(schema_name: str, wrapped: bytes, master: str) -> bytes:
    return crypto.unseal(crypto.decode_key(master), wrapped, schema_name.encode())


@lru_cache(maxsize=4096)
def _derive(key: bytes, purpose: str) -> bytes:
    return crypto.derive(key, purpose)


def tenant_key(tenant: Tenant, purpose: str) -> bytes:
    """A 32-byte sub-key of the tenant for one purpose, e.g. "wrap", "blind", "tracking"."""
    key = _unwrap(tenant.schema_name, bytes(tenant.wrapped_key), settings.MASTER_KEY)
    return _derive(key, purpose)
