"""How often: searches of the agency by exact contact, and the public form by address."""

import hashlib

from django.core.cache import cache
from django.http import HttpRequest

from tenants.accounts.contracts import AGENCY_ROLES
from tenants.audit.contracts import Actor

HOUR = 3_600
SEARCHES = 30  # an hour, by one person of the agency (specification 7.6)
POSTS = 5  # of the public form an hour, from one address
POSTS_OF_ALL = 200  # an hour, at one company: a flood is no request


def _count(key: str) -> int:
    """How many times within the hour, this one included."""
    cache.add(key, 0, HOUR)
    try:
        return int(cache.incr(key))
    except ValueError:  # it ran out between the two calls
        cache.set(key, 1, HOUR)
        return 1


def may_search(request: HttpRequest) -> bool:
    """Counts the search; only the agency's are limited."""
    actor = Actor.of(request)
    if actor.role not in AGENCY_ROLES:
        return True
    return _count(f"requests-search:{actor.user_id}") <= SEARCHES


def may_post(request: HttpRequest) -> bool:
    """Counts a sent form by the address it comes from, which is kept as a hash for an hour."""
    address = request.META.get("REMOTE_ADDR") or ""
    key = hashlib.sha256(address.encode()).hexdigest()[:32]
    return _count(f"requests-form:{key}") <= POSTS and _count("requests-form:all") <= POSTS_OF_ALL
