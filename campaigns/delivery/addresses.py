"""The public addresses of a tenant's messages, and reading them back."""

import base64
import binascii
from functools import lru_cache

from campaigns.channels.tracking import Purpose, Tracked, Tracker, TrackingKeys
from tenants.tenancy import keys
from tenants.tenancy.models import Tenant
from tenants.tenancy.selectors import base_url


def tracker_of(tenant: Tenant) -> Tracker:
    """Signs with the newest key, reads with every one: an address must work for years."""
    return _tracker(base_url(tenant), keys.platform_ring(keys.ADDRESSES))


def read_address(tenant: Tenant, token: str, purpose: Purpose) -> Tracked | None:
    """Whose token it is; None for a forged, cut or foreign one, or another purpose's.

    A token may have been made by a process that knows a newer key than this one: look again.
    """
    known = dict(keys.platform_ring(keys.ADDRESSES))
    if _key_number(token) not in known:
        keys.forget_rings()
    return tracker_of(tenant).read(token, purpose)


def _key_number(token: str) -> int | None:
    try:
        return base64.urlsafe_b64decode(token[:4])[0]
    except (binascii.Error, ValueError, IndexError):
        return None


@lru_cache(maxsize=256)
def _tracker(base: str, ring: keys.Ring) -> Tracker:
    return Tracker(TrackingKeys(dict(ring), active=ring[-1][0]), base)
