"""The public addresses of a tenant's messages, and reading them back."""

from functools import lru_cache

from django.conf import settings

from campaigns.channels.tracking import Tracker, TrackingKeys
from cvm_platform.common.crypto import decode_key, derive
from tenants.tenancy.models import Tenant
from tenants.tenancy.selectors import base_url

_KEY_ID = 1


def tracker_of(tenant: Tenant) -> Tracker:
    return _tracker(base_url(tenant), settings.MASTER_KEY)


@lru_cache(maxsize=256)
def _tracker(base: str, master: str) -> Tracker:
    key = derive(decode_key(master), "message-addresses")
    return Tracker(TrackingKeys({_KEY_ID: key}, active=_KEY_ID), base)
