"""Channels and the law, a channel's steps and the answer of the gate, in every look."""

from datetime import date

import pytest
from django_tenants.utils import tenant_context
from playwright.sync_api import expect

from tenants.accounts.contracts import Role
from tenants.audit.services import Actor
from tenants.channel_law import services
from tenants.customers.models import Customer
from tests.browser.conftest import Live
from tests.factories.accounts import make_user
from tests.factories.campaigns import make_people

LOOKS = [(1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")]


def prepare(live: Live) -> None:
    with tenant_context(live.tenant("acme")):
        actor = Actor("user:7", Role.CLIENT_ADMIN, None, 7)
        services.add_sender(
            channel="CALL_MASS", name="ACME", mobile_operator="Связь", actor=actor,
            contract_number="12/26", valid_from=date(2026, 1, 1),
        )  # fmt: skip
        services.close_channel(channel="POSTAL", reason="Дорого", actor=actor)
        services.attach_opinion(
            channel="MESSENGER_TELEGRAM", author="Адвокат Иванов", actor=actor,
            signed_on=date(2026, 11, 1), file_name="o.pdf", content=b"%PDF-1.7",
            conclusion="Канал можно использовать для наших покупателей.",
        )  # fmt: skip


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_every_page_in_every_look(live: Live, width: int, theme: str) -> None:
    prepare(live)
    page = live.page(make_user(live.tenant("acme"), Role.CLIENT_ADMIN), width=width, theme=theme)
    for name, path in (
        ("list", "/channel-law/"), ("calls", "/channel-law/CALL_MASS/"),
        ("telegram", "/channel-law/MESSENGER_TELEGRAM/"), ("post", "/channel-law/POSTAL/"),
    ):  # fmt: skip
        page.goto(live.url("acme", path))
        expect(page.locator("h1")).to_be_visible()
        live.check(page)
        live.shoot(page, f"channel-law-{name}-{width}-{theme}")


@pytest.mark.parametrize("javascript", [True, False])
def test_a_contract_is_noted(live: Live, *, javascript: bool) -> None:
    page = live.page(make_user(live.tenant("acme"), Role.CLIENT_ADMIN), javascript=javascript)
    page.goto(live.url("acme", "/channel-law/SMS/"))
    page.locator("summary.btn").nth(0).click()
    form = page.locator("form:has(input[value='sender'])")
    form.locator("[name=name]").fill("ACME")
    form.locator("button[type=submit]").click()  # what is missing is said, what was typed stays
    expect(page.locator("form:has(input[value='sender']) .err-t").first).to_be_visible()
    form = page.locator("form:has(input[value='sender'])")
    expect(form.locator("[name=name]")).to_have_value("ACME")
    form.locator("[name=mobile_operator]").fill("Связь")
    form.locator("[name=contract_number]").fill("1")
    form.locator("[name=valid_from]").fill("2026-01-01")
    form.locator("button[type=submit]").click()
    expect(page.get_by_text("№ 1")).to_be_visible()


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_the_answer_of_the_gate_on_the_card(live: Live, width: int, theme: str) -> None:
    with tenant_context(live.tenant("acme")):
        [someone] = make_people(1, 1)
        public_id = Customer.objects.get(pk=someone).public_id
    user = make_user(live.tenant("acme"), Role.CLIENT_MARKETER)
    page = live.page(user, width=width, theme=theme)
    page.goto(live.url("acme", f"/customers/{public_id}/"))
    page.locator("#why a.btn").click()
    expect(page.locator("#why .lbl.pos").first).to_be_visible()
    live.check(page)
    live.shoot(page, f"customer-why-{width}-{theme}")
    plain = live.page(user, javascript=False)
    plain.goto(live.url("acme", f"/customers/{public_id}/"))
    plain.locator("#why a.btn").click()
    expect(plain.locator("h1")).to_be_visible()
    expect(plain.locator("#why .lbl.pos").first).to_be_visible()
