"""The frame, the sign-in, the agency's home and the team in a browser: with and without scripts,
light and dark, wide and narrow.
"""

import re
import time
from datetime import timedelta

import pytest
from django_tenants.utils import schema_context
from playwright.sync_api import Page, expect

from cvm_platform.common import clock
from tenants.accounts import services
from tenants.accounts.contracts import Role
from tenants.accounts.models import Membership, User
from tenants.tenancy.models import Snapshot
from tests.browser.conftest import Live
from tests.factories.accounts import PASSWORD, make_user

LOOKS = [(1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")]


@pytest.fixture
def owner(live: Live) -> User:
    """Owner of the agency who works in both companies; beta has money to show."""
    user = make_user(live.tenant(), Role.AGENCY_OWNER)
    with schema_context("public"):
        for schema in ("acme", "beta"):
            tenant = live.tenant(schema)
            Membership.objects.create(user=user, tenant=tenant, role=Role.AGENCY_OWNER)
        Snapshot.objects.create(
            tenant=live.tenant("beta"), customers=4_372, reachable=3_000, revenue_30d=8_812_300,
            health="ok", health_reason="Данные свежие",
            money={"verdict": "not_proved", "profit": 12_000_00, "low": -4_000_00,
                   "high": 31_000_00},
        )  # fmt: skip
        services.create_api_key(tenant=live.tenant("acme"), name="Shop", scopes=["orders:write"])
    return user


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_every_page_in_every_look(live: Live, owner: User, width: int, theme: str) -> None:
    page = live.page(owner, width=width, theme=theme)
    member = make_user(live.tenant("acme"), Role.CLIENT_ANALYST)
    pages = {
        "agency-home": ("public", "/"),
        "agency-nobody": ("public", "/?q=nobody"),
        "company-new": ("public", "/companies/new/"),
        "agency-keys": ("public", "/settings/api-keys/"),
        "team": ("acme", "/team/"),
        "member": ("acme", f"/team/{member.public_id}/"),
        "member-new": ("acme", "/team/new/"),
        "roles": ("acme", "/team/roles/"),
        "settings": ("acme", "/settings/"),
        "keys": ("acme", "/settings/api-keys/"),
        "key-new": ("acme", "/settings/api-keys/new/"),
        "not-found": ("acme", "/no-such-page/"),
        "second-factor": ("acme", "/accounts/2fa/"),
        "password": ("acme", "/accounts/password/change/"),
    }
    for name, (schema, path) in pages.items():
        page.goto(live.url(schema, path))
        live.shoot(page, f"{name}-{width}-{theme}")
        live.check(page)
        expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)


def _sign_in(page: Page, user: User) -> None:
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Пароль").fill(PASSWORD)
    page.get_by_role("button", name="Войти").click()


@pytest.mark.parametrize("javascript", [True, False])
def test_person_of_a_company_signs_in_and_out(live: Live, javascript: bool) -> None:
    user = make_user(live.tenant("acme"), Role.CLIENT_ADMIN)
    page = live.page(javascript=javascript)
    page.goto(live.url("public", "/"))
    assert "/accounts/login/" in page.url
    live.shoot(page, "sign-in")
    _sign_in(page, user)
    page.wait_for_url(live.url("acme", "/"))
    page.get_by_label(f"Профиль: {user.name}").click()
    page.get_by_role("button", name="Выйти").click()
    page.wait_for_url(re.compile("/accounts/login/"))
    page.goto(live.url("acme", "/team/"))
    assert "/accounts/login/?next=/team/" in page.url


def test_wrong_password_is_told_in_place(live: Live) -> None:
    user = make_user(live.tenant("acme"), Role.CLIENT_ADMIN)
    page = live.page(javascript=False)
    page.goto(live.url("acme", "/"))
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Пароль").fill("wrong")
    page.get_by_role("button", name="Войти").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("E-mail")).to_have_value(user.email)


@pytest.mark.parametrize("javascript", [True, False])
def test_theme_holds_on_all_hosts(live: Live, owner: User, javascript: bool) -> None:
    page = live.page(owner, javascript=javascript)
    page.goto(live.url("public", "/"))
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("banner").get_by_label("Тёмная тема").first.click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
    # the answer to the toggle carries the cookie; with scripts it may still be on its way
    deadline = time.monotonic() + 5
    while not any(cookie["name"] == "cvm_theme" for cookie in page.context.cookies()):
        assert time.monotonic() < deadline
        page.wait_for_timeout(50)
    page.goto(live.url("acme", "/team/"))
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_system_theme_holds_without_scripts_and_cookies(live: Live) -> None:
    colours = []
    for theme in ("light", "dark"):
        page = live.page(javascript=False, theme=theme)
        page.goto(live.url("acme", "/"))
        assert page.locator("html").get_attribute("data-bs-theme") is None
        colours.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        live.shoot(page, f"sign-in-system-{theme}")
    assert colours == ["rgb(246, 247, 249)", "rgb(14, 17, 22)"]


def test_language_is_switched_in_the_profile(live: Live, owner: User) -> None:
    page = live.page(owner, javascript=False)
    page.goto(live.url("acme", "/team/"))
    page.get_by_label(f"Профиль: {owner.name}").click()
    page.get_by_role("button", name="EN").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Team")
    page.goto(live.url("public", "/"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Companies")
    assert page.locator("html").get_attribute("lang") == "en"


@pytest.mark.parametrize("javascript", [True, False])
def test_switcher_leads_to_another_company(live: Live, owner: User, javascript: bool) -> None:
    page = live.page(owner, javascript=javascript)
    page.goto(live.url("acme", "/team/"))
    page.get_by_label("Сменить компанию: Acme").click()
    menu = page.locator("details.switch .pop").first
    menu.get_by_label("Найти компанию").fill("bet")
    if javascript:
        expect(menu.get_by_role("link", name="Acme")).to_have_count(0)
    else:
        menu.get_by_label("Найти компанию").press("Enter")
        menu = page.get_by_role("main")
        expect(menu.get_by_role("link", name="Acme")).to_have_count(0)
    menu.get_by_role("link", name="Beta").click()
    page.wait_for_url(live.url("beta", "/"))


def test_menus_close_by_escape_and_give_the_focus_back(live: Live, owner: User) -> None:
    page = live.page(owner)
    page.goto(live.url("acme", "/team/"))
    opener = page.get_by_label("Сменить компанию: Acme")
    opener.click()
    expect(page.locator("#switch-q")).to_be_focused()
    live.shoot(page, "switcher")
    page.keyboard.press("Escape")
    expect(page.locator("details.switch").first).not_to_have_attribute("open", "")
    expect(opener).to_be_focused()


def test_phone_menu_opens_without_scripts(live: Live, owner: User) -> None:
    page = live.page(owner, width=390, javascript=False)
    page.goto(live.url("acme", "/team/"))
    expect(page.get_by_role("link", name="Настройки")).to_be_hidden()
    page.get_by_label("Меню").click()
    page.get_by_role("link", name="Настройки").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Настройки")


def test_filter_narrows_the_table_and_keeps_the_address(live: Live, owner: User) -> None:
    page = live.page(owner)
    page.goto(live.url("public", "/"))
    rows = page.locator("#companies tbody tr")
    expect(rows).to_have_count(2)
    page.get_by_label("Здоровье").select_option("ok")
    expect(rows).to_have_count(1)
    page.wait_for_url(re.compile("health=ok"))
    page.go_back()
    expect(rows).to_have_count(2)
    page.locator("#company-q").press_sequentially("acm", delay=30)
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("Acme")
    expect(page.locator("#company-q")).to_be_focused()


def test_filter_without_scripts(live: Live, owner: User) -> None:
    page = live.page(owner, javascript=False)
    page.goto(live.url("public", "/"))
    page.locator("#company-q").fill("beta")
    page.get_by_role("button", name="Показать").click()
    expect(page.locator("#companies tbody tr")).to_have_count(1)
    expect(page.get_by_role("link", name="XLSX")).to_have_attribute(
        "href", re.compile(r"/export/xlsx/\?q=beta")
    )


@pytest.mark.parametrize("javascript", [True, False])
def test_company_is_opened_by_form(live: Live, owner: User, javascript: bool) -> None:
    page = live.page(owner, javascript=javascript)
    page.goto(live.url("public", "/"))
    page.get_by_role("link", name="Подключить компанию").click()
    page.get_by_label("Название компании").fill("Гамма")
    page.get_by_label("Адрес").fill("acme")
    page.get_by_role("button", name="Подключить компанию").click()
    expect(page.locator("#id_slug_error")).to_contain_text("Адрес «acme» занят")
    page.get_by_label("Адрес").fill("gamma")
    page.get_by_role("button", name="Подключить компанию").click()
    page.wait_for_url(live.url("gamma", "/registers/"))
    expect(page.locator("#messages")).to_contain_text("«Гамма»")
    expect(page.locator("h1")).to_have_text("Реестры")


def test_new_person_comes_in_by_the_link(live: Live) -> None:
    admin = live.page(make_user(live.tenant("acme"), Role.CLIENT_ADMIN))
    admin.goto(live.url("acme", "/team/new/"))
    admin.get_by_label("E-mail").fill("anna@shop.example")
    admin.get_by_label("Имя").fill("Анна")
    admin.get_by_label("Чей человек").select_option("client")
    admin.get_by_label("Роль").select_option("client_analyst")
    admin.get_by_role("button", name="Добавить человека").click()
    link = admin.locator("#link").inner_text()
    live.shoot(admin, "member-invited")
    live.check(admin)

    admin.get_by_role("link", name="Готово").click()
    admin.get_by_label("Изменить: Анна").click()
    admin.get_by_label("Обязательство о неразглашении подписано").check()
    until = clock.now().date() + timedelta(days=365)
    admin.get_by_label("Обучение работе с персональными данными").fill(until.isoformat())
    admin.get_by_role("button", name="Сохранить").click()
    expect(admin.get_by_role("row", name=re.compile("Анна"))).to_contain_text("Открыт")

    anna = live.page()
    anna.goto(link)
    live.shoot(anna, "set-password")
    live.check(anna)
    for field in anna.locator("input[type=password]").all():
        field.fill("a-long-password-7")
    anna.get_by_role("main").locator("button.btn-primary").click()
    anna.goto(live.url("acme", "/"))
    anna.get_by_label("E-mail").fill("anna@shop.example")
    anna.get_by_label("Пароль").fill("a-long-password-7")
    anna.get_by_role("button", name="Войти").click()
    anna.wait_for_url(live.url("acme", "/"))
