"""A real browser against the real server: two tenants, real commits, any role signed in.

    def test_something(live: Live) -> None:
        user = make_user(live.tenant("acme"), Role.AGENCY_OWNER)
        page = live.page(user)                       # or javascript=False, width=390, theme="dark"
        page.goto(live.url("acme", "/segments/"))
        live.check(page)                             # accessibility, nothing wider than the screen

At the end of every test: no server error, no script error, no breach of the content policy.
"""

import logging
import threading
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django_tenants.utils import schema_context
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from cvm_platform.local.chromium import find_browser
from cvm_platform.local.process import LocalServerError

ROOT = Path(__file__).resolve().parents[2]
SCREENS = ROOT / "build" / "screens"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
AXE_FINDINGS = """
async () => (await axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa']}))
  .violations.map(v => v.id + ': ' + v.nodes.map(n => n.target.join(' ')).join(', '))
"""
HEIGHTS = {390: 844, 1440: 960}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the base class names it
        """The server's log is nobody's test result."""


class _Errors(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(logging.Formatter("%(message)s").format(record))


class Live:
    def __init__(self, browser: Browser, port: int) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self._plain: list[BrowserContext] = []  # without scripts
        self.port = port
        self.problems: list[str] = []

    def tenant(self, schema: str = "public") -> Any:
        from tenants.tenancy.models import Tenant

        with schema_context("public"):
            return Tenant.objects.get(schema_name=schema)

    def url(self, schema: str = "public", path: str = "/") -> str:
        host = settings.BASE_DOMAIN
        if schema != "public":
            host = f"{schema.replace('_', '-')}.{host}"
        return f"http://{host}:{self.port}{path}"

    def cookie(self, user: Any) -> str:
        """A session as a sign-in would leave it."""
        store = import_module(settings.SESSION_ENGINE).SessionStore()
        with schema_context("public"):
            store[SESSION_KEY] = str(user.pk)
            store[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
            store[HASH_SESSION_KEY] = user.get_session_auth_hash()
            store.save()
        return str(store.session_key)

    def page(
        self,
        user: Any = None,
        *,
        width: int = 1440,
        theme: str = "light",
        javascript: bool = True,
        locale: str = "ru-RU",
    ) -> Page:
        """A fresh browser window, signed in as the user or as nobody."""
        context = self._browser.new_context(
            viewport={"width": width, "height": HEIGHTS.get(width, 900)}, locale=locale,
            java_script_enabled=javascript, timezone_id="Europe/Moscow",
            color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce",
        )  # fmt: skip
        self._contexts.append(context)
        if not javascript:
            self._plain.append(context)
        context.set_default_timeout(30_000)  # a busy machine is slow, not wrong
        if user is not None:
            context.add_cookies([{
                "name": settings.SESSION_COOKIE_NAME, "value": self.cookie(user),
                "domain": settings.SESSION_COOKIE_DOMAIN, "path": "/",
            }])  # fmt: skip
        page = context.new_page()
        page.on("pageerror", lambda error: self.problems.append(f"script: {error}"))
        page.on("console", self._console)
        return page

    def _console(self, message: Any) -> None:
        # the browser reports every answer of 4xx here too; tests ask for those on purpose. And
        # htmx reports what hx-sync took back, where a newer request replaces an older one.
        meant = ("Failed to load resource", "htmx:sendAbort", "htmx:afterRequest")
        if message.type == "error" and not any(text in message.text for text in meant):
            self.problems.append(f"console: {message.text}")

    def shoot(self, page: Page, name: str) -> Path:
        """A picture of the whole page under build/screens, to be looked at."""
        SCREENS.mkdir(parents=True, exist_ok=True)
        file = SCREENS / f"{name}.png"
        page.screenshot(path=file, full_page=True)
        return file

    def check(self, page: Page) -> None:
        """What must hold on every page: accessibility, and no sideways scrolling.

        Accessibility only with scripts: without them the checker waits for its timers for ever.
        """
        if page.context not in self._plain:
            page.evaluate(AXE.read_text(encoding="utf-8"))
            found = page.evaluate(AXE_FINDINGS)
            assert found == []
        scroll = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(scroll) <= 0

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    try:
        found = find_browser()
    except LocalServerError as error:
        pytest.fail(str(error))
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=found.path, args=[*found.arguments], env={**found.environment}
        )
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def _server() -> Iterator[int]:
    handler = StaticFilesHandler(get_wsgi_application())
    server = ThreadedWSGIServer(("127.0.0.1", 0), _Quiet, allow_reuse_address=False)
    server.set_app(handler)
    thread = threading.Thread(target=server.serve_forever, name="live", daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join(timeout=10)


@pytest.fixture
def live(browser: Browser, _server: int, own_database: str) -> Iterator[Live]:
    errors = _Errors()
    logger = logging.getLogger("django.request")
    logger.addHandler(errors)
    served = Live(browser, _server)
    yield served
    served.close()
    logger.removeHandler(errors)
    assert errors.found == []
    assert served.problems == []
