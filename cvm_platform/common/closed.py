"""Pages of packages that this product does not have."""

from django.http import Http404, HttpRequest, HttpResponse


def closed(_request: HttpRequest, **_parts: str) -> HttpResponse:
    """There is no such page.

    The address of the sign-in is changed by whoever manages the team: an address that nobody
    has confirmed would be a second door to the account.
    """
    raise Http404
