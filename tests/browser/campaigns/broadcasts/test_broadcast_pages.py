"""Every screen of letters and broadcasts: accessible, within the screen, in both themes."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django_tenants.utils import schema_context, tenant_context
from playwright.sync_api import Page

from analytics.events.models import Order
from campaigns.broadcasts import services
from campaigns.broadcasts.models import Broadcast, Preparation
from campaigns.channels.contracts import Fault, Kind, Rejected, Sent
from campaigns.channels.models import EmailTemplate, SeedAddress, Tariff
from campaigns.channels.registry import open_adapter
from campaigns.delivery import services as sending
from cvm_platform.common import clock
from cvm_platform.local.catcher import Catcher, list_messages
from tenants.accounts.contracts import Role
from tenants.privacy.models import AdPermission, ConsentRecord
from tests.browser.conftest import Live
from tests.factories.accounts import make_user
from tests.factories.campaigns import FakeChannel, make_broadcast, make_people

GONE = Rejected("No such user", "550 5.1.1", permanent=True, fault=Fault.RECIPIENT)


@pytest.fixture(autouse=True)
def _nobody_sends(monkeypatch: pytest.MonkeyPatch) -> None:
    """The commits are real here: nothing leaves on its own."""
    monkeypatch.setattr("campaigns.delivery.services.wake_workers", lambda: None)


@pytest.fixture
def drafts(live: Live) -> dict[str, Broadcast]:
    tenant = live.tenant("acme")
    now = clock.now()
    with tenant_context(tenant):
        make_people(1, 900)
        ConsentRecord.objects.filter(customer_id__lte=90).delete()
        AdPermission.objects.filter(customer_id__in=range(91, 150)).update(status="REVOKED")
        Order.objects.bulk_create(
            Order(external_id=f"o{n}", customer_id=n, ts=now - timedelta(days=n % 27),
                  margin=20_000 + n * 37)
            for n in range(1, 500)
        )  # fmt: skip
        Tariff.objects.create(channel="EMAIL", price="12", valid_from=now - timedelta(days=1))
        SeedAddress.objects.create(email="qa@acme.example", note="QA")
        draft = make_broadcast(
            name="Чёрная пятница — зерно для эспрессо, ранний доступ", content_cost=1_500_000,
            hypothesis="Скидка вернёт тех, кто не заходил месяц",
        )  # fmt: skip
        services.estimate_audience(public_id=draft.public_id)
        done = make_broadcast(name="Осенний чай")
        services.start_broadcast(public_id=done.public_id)
        with schema_context("public"):
            sending.work(
                FakeChannel(lambda message: GONE if message.message_id % 97 == 0 else Sent()),
                seconds=30,
            )
        going = make_broadcast(name="Новый урожай")
        services.start_broadcast(public_id=going.public_id)
        paused = make_broadcast(name="Подписка на кофе")
        services.start_broadcast(public_id=paused.public_id)
        services.pause_broadcast(public_id=paused.public_id, reason="Опечатка в теме")
    return {"draft": draft, "done": done, "going": going, "paused": paused}


def arrive(live: Live, page: Page, path: str, name: str) -> None:
    page.goto(live.url("acme", path))
    live.check(page)
    if not os.environ.get("CVM_SHOOT"):
        return
    for width, theme in ((1440, "light"), (1440, "dark"), (390, "light")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        live.shoot(page, f"{name}-{width}-{theme}")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme="light")


@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_of_broadcasts(live: Live, drafts: dict[str, Broadcast], width: int) -> None:
    user = make_user(live.tenant("acme"), Role.AGENCY_MARKETER)
    page = live.page(user, width=width)
    one = {name: f"/broadcasts/{each.public_id}/" for name, each in drafts.items()}
    with tenant_context(live.tenant("acme")):
        template = EmailTemplate.objects.get(pk=drafts["draft"].template_id)
    for path, name in (
        ("/broadcasts/", "broadcasts-list"),
        ("/broadcasts/?q=нет", "broadcasts-none"),
        ("/broadcasts/new/", "broadcasts-new"),
        (one["draft"], "broadcasts-review"),
        (f"{one['draft']}start/", "broadcasts-confirm"),
        (one["going"], "broadcasts-going"),
        (f"{one['going']}cancel/", "broadcasts-cancel"),
        (one["paused"], "broadcasts-paused"),
        (one["done"], "broadcasts-done"),
        ("/templates/", "letters-list"),
        ("/templates/new/", "letters-new"),
        (f"/templates/{template.public_id}/", "letters-edit"),
        ("/senders/", "senders"),
    ):
        arrive(live, page, path, name)


def test_progress_moves_without_a_reload_and_ends(live: Live, drafts: dict[str, Broadcast]) -> None:
    user = make_user(live.tenant("acme"), Role.AGENCY_MARKETER)
    page = live.page(user)
    page.goto(live.url("acme", f"/broadcasts/{drafts['going'].public_id}/"))
    assert page.locator("#progress[hx-trigger]").count() == 1
    with schema_context("public"):
        sending.work(FakeChannel(), seconds=30)
    page.wait_for_selector("#progress:not([hx-trigger])", timeout=8000)
    assert page.locator(".recon .lbl").count() == 1


def test_a_start_in_the_background_is_followed_to_its_end_and_its_failure_is_told(
    live: Live, drafts: dict[str, Broadcast], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("campaigns.broadcasts.selectors.AT_ONCE", 0)
    monkeypatch.setattr("campaigns.broadcasts.services.preparing.enqueue", lambda *_, **__: None)
    page = live.page(make_user(live.tenant("acme"), Role.AGENCY_MARKETER))
    home = live.url("acme", f"/broadcasts/{drafts['draft'].public_id}/")
    page.goto(f"{home}start/")
    # between the question and the answer some withdraw
    with tenant_context(live.tenant("acme")):
        ConsentRecord.objects.filter(customer_id__gte=800).delete()
    for outcome in ('.ban.neg[role="alert"]', "#progress"):
        page.locator("form.acts button.btn-primary").click()
        arrive(live, page, page.url.removeprefix(live.url("acme", "")), f"preparing{outcome[1:4]}")
        page.wait_for_selector("#preparing")
        with tenant_context(live.tenant("acme")):
            services.run_preparation(preparation_id=Preparation.objects.latest("pk").pk)
        page.wait_for_selector(outcome, timeout=8000)
        assert page.url == home
        live.check(page)
        live.shoot(page, f"prepared{outcome[1:4]}")
        if outcome != "#progress":
            page.goto(f"{home}start/")


def test_the_mailbox_and_the_refusal_page(
    live: Live, drafts: dict[str, Broadcast], tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(settings, "MAIL_CATCHER_DIR", str(tmp_path))
    monkeypatch.setattr(settings, "PUBLIC_PORT", str(live.port))
    with Catcher(tmp_path) as catcher, schema_context("public"):
        adapter = open_adapter(Kind.EMAIL, catcher.url)
        assert sending.work(adapter, seconds=30).sent > 100
        adapter.close()
    user = make_user(live.tenant("acme"), Role.AGENCY_MARKETER)
    page = live.page(user)
    arrive(live, page, "/mailbox/", "mailbox")
    newest = list_messages(tmp_path).messages[0]
    arrive(live, page, f"/mailbox/{newest.id}/", "mailbox-letter")
    frame = page.frame_locator("iframe.mail-frame")
    stop = frame.get_by_role("link", name="Stop").get_attribute("href")
    assert stop is not None
    path = "/u/" + stop.rpartition("/u/")[2]
    stranger = live.page(None)
    arrive(live, stranger, path, "refusal")
    with tenant_context(live.tenant("acme")):
        before = AdPermission.objects.filter(status="ACTIVE").count()
    stranger.get_by_role("main").get_by_role("button").click()
    live.check(stranger)
    with tenant_context(live.tenant("acme")):
        assert AdPermission.objects.filter(status="ACTIVE").count() == before - 1
