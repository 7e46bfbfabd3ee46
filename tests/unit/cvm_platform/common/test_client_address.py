"""The address in the logs and in the allow lists is not what a caller writes into a header."""

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse

from cvm_platform.common.middleware import ClientAddressMiddleware

PROXY = "10.0.0.5"


def address(rf: Any, said: str | None) -> str:
    seen: list[str] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(request.META["REMOTE_ADDR"])
        return HttpResponse()

    headers = {} if said is None else {"X-Forwarded-For": said}
    ClientAddressMiddleware(view)(rf.get("/", REMOTE_ADDR=PROXY, headers=headers))
    return seen[0]


@pytest.mark.parametrize(
    ("proxies", "said", "expected"),
    [
        (0, "203.0.113.9", PROXY),  # nobody is believed
        (0, None, PROXY),
        (1, None, PROXY),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "127.0.0.1, 203.0.113.9", "203.0.113.9"),  # the left one is the caller's own word
        (1, "203.0.113.9, ", PROXY),
        (1, "203.0.113.9, nonsense", PROXY),
        (2, "127.0.0.1, 203.0.113.9, 198.51.100.2", "203.0.113.9"),
        (2, "203.0.113.9", PROXY),  # somebody came past one of the two
        (1, "2001:db8::7", "2001:db8::7"),
        (-1, "203.0.113.9", PROXY),
    ],
)
def test_only_what_our_proxies_wrote_is_believed(
    rf: Any, settings: Any, proxies: int, said: str | None, expected: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    assert address(rf, said) == expected
