"""The whole job in a browser, as the people who do it: from a file of orders to the answer.

The server sends to a real catcher; work of the background is done at once, in the server.
"""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django_tenants.utils import tenant_context
from playwright.sync_api import Error, Page, expect

from campaigns.delivery import tasks
from campaigns.delivery.reactions import PREFETCH_SECONDS
from campaigns.experiments.models import Assignment
from cvm_platform.common import clock
from cvm_platform.local.catcher import Catcher, list_messages, read_message
from tenants.accounts.contracts import Role
from tenants.customers.models import ContactPoint
from tenants.customers.sealing import Vault
from tenants.privacy.models import StopEvent
from tenants.tenancy.selectors import current_tenant
from tests.browser.campaigns.journey import Walk
from tests.browser.conftest import Live
from tests.factories.accounts import make_user
from tests.factories.consents import trust

AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"


@pytest.fixture
def mailbox(live: Live, settings: Any, tmp_path: Path) -> Iterator[Path]:
    """Where the letters of this test arrive."""
    folder = tmp_path / "mail"
    with Catcher(folder) as catcher:
        settings.SMTP_URL = catcher.url
        settings.MAIL_CATCHER_DIR = str(folder)
        settings.PUBLIC_PORT = str(live.port)
        yield folder
        # the process keeps its connection between letters; this server goes away
        tasks._adapter(catcher.url, os.getpid()).close()
        tasks._adapter.cache_clear()


def _read_letter(walk: Walk, mailbox: Path) -> tuple[str, str, str]:
    """Of the newest letter: its reader's address, where its button and its refusal lead."""
    found = list_messages(mailbox)
    assert found.total == walk.seen.letters
    newest = found.messages[0]
    walk.open("/mailbox/")
    walk.arrive("mailbox-1-list", "Почта")
    walk.follow(newest.subject)
    frame = walk.page.frame_locator("iframe.mail-frame")
    expect(frame.locator("body")).to_contain_text("Здравствуйте, Имя")
    walk.arrive("mailbox-2-letter", newest.subject)
    button = frame.get_by_role("link", name="Весенний чай").get_attribute("href")
    refusal = frame.get_by_role("link", name="Отписаться").get_attribute("href")
    caught = read_message(mailbox, newest.id)
    assert caught is not None
    headers = {name.lower(): value for name, value in caught.headers}
    assert f"<{refusal}>" in headers["list-unsubscribe"]
    assert headers["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    return newest.recipients[0], str(button), str(refusal)


def _reader(live: Live, *, javascript: bool) -> Page:
    """A person at home, signed in nowhere, in a usual browser."""
    page = live.page(javascript=javascript)
    page.context.set_extra_http_headers({"User-Agent": AGENT})
    return page


def _click_and_refuse(walk: Walk, reader: Page, button: str, refusal: str) -> None:
    tab = reader.context.new_page()
    tab.wait_for_timeout(PREFETCH_SECONDS * 1000)  # sooner, it is taken for a machine
    with tab.expect_response(button) as found, suppress(Error):
        tab.goto(button)  # the shop itself exists nowhere
    tab.close()
    assert found.value.status == 302
    assert found.value.headers["location"] == "https://shop.example/sale"
    home = replace(walk, page=reader)
    reader.goto(refusal)
    home.arrive("refusal-1-asked", "Больше не присылать рекламу?")
    with tenant_context(walk.live.tenant("acme")):
        assert not StopEvent.objects.exists()
    reader.get_by_role("button", name="Больше не присылать").click()
    home.arrive("refusal-2-done", "Больше не будем писать")
    with tenant_context(walk.live.tenant("acme")):
        assert StopEvent.objects.count() == 1


def _look_at_customer(walk: Walk, address: str) -> None:
    """Found by the address, whoever may not see it; the card tells what happened."""
    walk.open("/customers/")
    walk.page.get_by_label("Найти покупателя").fill(address)
    walk.page.get_by_label("Найти покупателя").press("Enter")
    expect(walk.page.locator("#customers tbody tr")).to_have_count(1)
    walk.page.locator("#customers tbody tr a").first.click()
    history = walk.page.locator("#timeline")
    for words in ("Сообщение отправлено", "Перешёл по ссылке", "Отписался"):
        expect(history).to_contain_text(words)
    expect(walk.page.locator(".con.no")).to_contain_text("остановлено")
    walk.arrive("customer")


def _nobody_silent_heard(live: Live, mailbox: Path) -> None:
    """Every reader once, and nobody of either control group among them."""
    readers = [message.recipients[0] for message in list_messages(mailbox).messages]
    assert len(readers) == len(set(readers))
    with tenant_context(live.tenant("acme")):
        vault = Vault(current_tenant())
        hmacs = [vault.email_hmac(address) for address in readers]
        found = ContactPoint.objects.filter(address_hmac__in=hmacs).values("customer_id")
        assert len(found) == len(readers)
        silent = Assignment.objects.filter(arm="control")
        assert silent.values("layer").distinct().count() == 2
        assert not silent.filter(customer_id__in=found).exists()


@pytest.mark.parametrize(
    ("role", "javascript"),
    [
        # the company's own people: the agency sees rounded numbers, which do not add up
        (Role.CLIENT_MARKETER, True),
        (Role.CLIENT_MARKETER, False),
    ],
)
def test_from_a_file_to_the_answer(
    live: Live, mailbox: Path, tmp_path: Path, role: Role, javascript: bool
) -> None:
    user = make_user(live.tenant("acme"), role)
    scripts = "js" if javascript else "plain"
    walk = Walk(live, live.page(user, javascript=javascript), f"{role.value[:6]}-{scripts}")
    today = clock.now().date() - timedelta(days=1)
    walk.open("/")
    walk.arrive("home-1-empty", "Деньги")
    boss = live.page(make_user(live.tenant("acme"), Role.CLIENT_ADMIN), javascript=javascript)
    with tenant_context(live.tenant("acme")):
        trust(live.tenant("acme"), "import")  # what stands behind the consents of the file
    replace(walk, page=boss).assume_margin()
    walk.load_orders(tmp_path, today)
    walk.load_people(tmp_path, today)
    walk.count_rfm()
    walk.make_segment()
    # senders are the law's business: whoever manages the settings adds them
    replace(walk, page=boss).make_sender()
    walk.make_letter()
    walk.prepare()
    walk.send()
    address, button, refusal = _read_letter(walk, mailbox)
    _nobody_silent_heard(live, mailbox)
    _click_and_refuse(walk, _reader(live, javascript=javascript), button, refusal)
    _look_at_customer(walk, address)
    walk.read_result()
    finance = make_user(live.tenant("acme"), Role.CLIENT_FINANCE)
    walk = replace(walk, page=live.page(finance, javascript=javascript), name="finance")
    walk.open("/")
    walk.arrive("home-2-finance", "Деньги")
    walk.read_result()
    expect(walk.page.get_by_role("main")).not_to_contain_text(re.compile("example.com"))
