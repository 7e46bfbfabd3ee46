"""How often one address may send a form; the address is kept as a hash for an hour."""

import hashlib

from django.core.cache import cache
from django.http import HttpRequest

HOUR = 3_600
POSTS = 20  # a shop's own till may stand behind one address


def may_post(request: HttpRequest) -> bool:
    """Counts the sent form."""
    address = request.META.get("REMOTE_ADDR") or ""
    key = f"consent-form:{hashlib.sha256(address.encode()).hexdigest()[:32]}"
    cache.add(key, 0, HOUR)
    try:
        return int(cache.incr(key)) <= POSTS
    except ValueError:  # it ran out between the two calls
        return True
