"""What every answer carries, at every host."""

import logging
from datetime import datetime
from typing import Any

import pytest
from django.conf import settings as platform
from django.test import Client

from cvm_platform.common import clock
from tenants.accounts.contracts import Role
from tenants.tenancy.models import Tenant
from tests.factories.accounts import client_of

HOSTS = ["cvm.localhost", "acme.cvm.localhost", "beta.cvm.localhost"]


@pytest.mark.parametrize("host", HOSTS)
def test_no_robot_and_an_address_for_finders(db: None, host: str) -> None:
    client = Client(HTTP_HOST=host)
    robots = client.get("/robots.txt")
    assert robots.content == b"User-agent: *\nDisallow: /\n"
    assert robots.headers["Content-Type"].startswith("text/plain")
    text = client.get("/.well-known/security.txt").content.decode()
    said = dict(line.split(": ", 1) for line in text.splitlines())
    assert said["Contact"] == "mailto:security@cvm.localhost"
    until = datetime.fromisoformat(said["Expires"])
    assert 0 < (until - clock.now()).days < 365


@pytest.mark.parametrize("path", ["/accounts/login/", "/team/", "/nothing-here/", "/health/"])
def test_every_answer_carries_the_headers(beta: Tenant, path: str) -> None:
    answer = client_of(beta, Role.CLIENT_ADMIN if path == "/team/" else None).get(path)
    headers = answer.headers
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert {"camera=()", "microphone=()", "geolocation=()", "usb=()", "payment=()"} <= set(
        headers["Permissions-Policy"].split(", ")
    )


def test_picture_of_a_letter_may_stand_at_other_sites(beta: Tenant) -> None:
    answer = client_of(beta).get("/o/nonsense.gif")
    assert answer.status_code == 200
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_browsers_remember_https_where_it_is_on(beta: Tenant, settings: Any) -> None:
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    answer = Client(HTTP_HOST="beta.cvm.localhost").get("/accounts/login/", secure=True)
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_session_cookie_is_no_business_of_scripts() -> None:
    assert platform.SESSION_COOKIE_HTTPONLY
    assert platform.SESSION_COOKIE_SAMESITE == platform.CSRF_COOKIE_SAMESITE == "Lax"


def test_clients_of_other_hosts_log_no_addresses() -> None:
    for name in ("httpx", "httpcore"):
        assert logging.getLogger(name).getEffectiveLevel() >= logging.WARNING
