"""A message shown inside a page: in a frame that can run nothing and reach nothing of ours."""

import re

from django.http import HttpResponse

# no scripts, no forms, no origin; links open a new window
SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
_POLICY = (
    f"sandbox {SANDBOX}; default-src 'none'; img-src 'self' https: data:; "
    "style-src 'unsafe-inline'; font-src https: data:; form-action 'none'; "
    "frame-ancestors 'self'; base-uri 'none'"
)
_HEAD = re.compile(r"<head(?:\s[^>]*)?>", re.IGNORECASE)
_TARGET = '<base target="_blank">'


def message_frame(html: str) -> HttpResponse:
    """The whole answer for the `src` of an iframe with the same sandbox."""
    head = _HEAD.search(html)
    at = head.end() if head else 0
    return HttpResponse(
        html[:at] + _TARGET + html[at:],
        headers={
            "Content-Security-Policy": _POLICY,
            "X-Frame-Options": "SAMEORIGIN",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
        },
    )
