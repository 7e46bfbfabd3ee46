"""A day of the officer: desk, request, longer term, package, answer; and every look of them."""

from datetime import timedelta

import pytest
from django_tenants.utils import tenant_context
from playwright.sync_api import expect

from cvm_platform.common import clock
from tenants.accounts.contracts import Role
from tenants.requests.contracts import Type
from tenants.requests.models import SubjectRequest
from tests.browser.conftest import Live
from tests.factories.accounts import make_user
from tests.factories.campaigns import make_people
from tests.factories.requests import make_request

LOOKS = [(1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")]


@pytest.fixture
def asked(live: Live) -> SubjectRequest:
    now = clock.now()
    with tenant_context(live.tenant("acme")):
        people = make_people(1, 5)
        make_request(Type.BLOCK_21_1, people[0], received_at=now - timedelta(days=9))
        make_request(Type.WITHDRAW_21_5, people[1], received_at=now - timedelta(days=3))
        make_request(Type.RECTIFY_20_3, people[2], identity=None)
        make_request(Type.STOP_PROMO_15_2, people[3])
        return make_request(Type.ACCESS_14, people[4], received_at=now - timedelta(days=4))


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_every_page_in_every_look(
    live: Live, asked: SubjectRequest, width: int, theme: str
) -> None:
    officer = make_user(live.tenant("acme"), Role.CLIENT_DPO)
    page = live.page(officer, width=width, theme=theme)
    for name, path in (
        ("desk", "/privacy/"), ("request", f"/privacy/requests/{asked.public_id}/"),
        ("request-find", "/privacy/requests/find/"), ("request-new", "/privacy/requests/new/"),
        ("public-request", "/privacy-request/"), ("public-policy", "/privacy-policy/"),
    ):  # fmt: skip
        page.goto(live.url("acme", path))
        live.check(page)
        live.shoot(page, f"{name}-{width}-{theme}")


def test_the_day_of_an_officer(live: Live, asked: SubjectRequest) -> None:
    page = live.page(make_user(live.tenant("acme"), Role.CLIENT_DPO))
    page.goto(live.url("acme", "/privacy/"))
    page.get_by_role("link", name="Доступ: что обо мне хранят").click()
    page.get_by_text("Продлить срок", exact=True).click()
    page.get_by_label("Причина для уведомления").fill("Ждём ответа архива")
    page.get_by_role("button", name="Продлить и составить уведомление").click()
    expect(page.get_by_text("Срок продлён, уведомление составлено")).to_be_visible()
    page.get_by_role("button", name="Собрать пакет").click()
    expect(page.get_by_role("link", name="Скачать: Что хранится о человеке JSON")).to_be_visible()
    page.get_by_text("Закрыть с ответом", exact=True).click()
    page.get_by_label("Текст ответа").fill("Отправили пакет заказным письмом.")
    page.get_by_role("button", name="Ответ отправлен").click()
    expect(page.get_by_text("Выполнен полностью").first).to_be_visible()
    with tenant_context(live.tenant("acme")):
        assert SubjectRequest.objects.get(pk=asked.pk).status == "ANSWERED"
