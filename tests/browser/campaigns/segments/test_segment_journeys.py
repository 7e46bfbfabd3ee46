"""RFM and segments in a browser: every page in every look, and the builder with and without
scripts, by mouse and by keyboard.
"""

import random
from datetime import timedelta

import pytest
from django_tenants.utils import tenant_context
from playwright.sync_api import Page, expect

from analytics.events.models import CustomerStats, Event, Order
from analytics.features.services import refresh_rfm
from campaigns.segments import services
from campaigns.segments.models import Segment, SegmentSize
from cvm_platform.common import clock
from tenants.accounts.contracts import Role
from tenants.accounts.models import User
from tenants.customers.models import Customer
from tests.browser.conftest import Live
from tests.factories.accounts import make_user

LOOKS = [(1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")]
ORDERS = {"leaf": "number", "field": "orders", "is": {"op": "ge", "value": 2}}


@pytest.fixture
def marketer(live: Live) -> User:
    """A base of 300 with orders and opens, its RFM, and two segments."""
    tenant = live.tenant("acme")
    rng, now = random.Random(5), clock.now()
    with tenant_context(tenant):
        for number in range(1, 301):
            Customer.objects.create(id=number, city=rng.choice(["Москва", "Тверь", "Казань"]))
            orders = rng.choice([1, 1, 1, 2, 3, 5, 9])
            last = now - timedelta(days=rng.randint(1, 400))
            revenue = orders * rng.randint(500, 9000) * 100
            CustomerStats.objects.create(
                customer_id=number, orders=orders, revenue=revenue, margin=revenue * 3 // 10,
                first_order_at=last - timedelta(days=10), last_order_at=last,
            )  # fmt: skip
            Order.objects.create(
                customer_id=number, external_id=str(number), ts=last, revenue=revenue,
                margin=revenue * 3 // 10,
            )  # fmt: skip
            if number % 3 == 0:
                Event.objects.create(customer_id=number, ts=last, kind="open")
        refresh_rfm()
        tree = {"schema_version": 1, "root": {"all": [ORDERS]}}
        segment = services.create_segment(name="Купили дважды", tree=tree)
        services.refresh_segment(segment.pk)
        for days in range(1, 20):
            SegmentSize.objects.create(
                segment=segment, at=now - timedelta(days=days), version=1, count=170 - days * 2,
                joined=4, left=2,
            )  # fmt: skip
        services.create_segment(name="Ждёт счёта", tree=tree)
        Segment.objects.filter(name="Ждёт счёта").update(status="failed", error="QueryCanceled")
    return make_user(tenant, Role.CLIENT_MARKETER)


def _public_id(live: Live, name: str) -> str:
    with tenant_context(live.tenant("acme")):
        return str(Segment.objects.get(name=name).public_id)


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_every_page_in_every_look(live: Live, marketer: User, width: int, theme: str) -> None:
    page = live.page(marketer, width=width, theme=theme)
    good, failed = _public_id(live, "Купили дважды"), _public_id(live, "Ждёт счёта")
    pages = {
        "rfm": "/rfm/",
        "segments": "/segments/",
        "segments-none": "/segments/?q=нет",
        "segment": f"/segments/{good}/",
        "segment-failed": f"/segments/{failed}/",
        "segment-edit": f"/segments/{good}/edit/",
        "segment-new": "/segments/new/",
        "segment-from-rfm": "/segments/new/?r=4,5&f=4,5&name=Лучшие",
    }
    for name, path in pages.items():
        page.goto(live.url("acme", path))
        if name == "rfm":
            page.locator("details.cd summary").click()
        live.check(page)
        live.shoot(page, f"{name}-{width}-{theme}")


def _settle(page: Page) -> None:
    """A person needs longer than htmx takes to bind what it has just put in; a test does not."""
    busy = ".htmx-request, .htmx-swapping, .htmx-added, .htmx-settling"
    page.wait_for_function("busy => !document.querySelector(busy)", arg=busy)


def _fill_two_rules(page: Page) -> None:
    """A number and a city, as a person would do it."""
    page.get_by_label("Название сегмента").fill("Тверь, от трёх заказов")
    page.get_by_role("button", name="Добавить условие").click()
    page.locator("[name='n0-is:value']").fill("3")
    page.locator("[name='new']").select_option("profile")
    page.get_by_role("button", name="Добавить условие").click()
    page.locator("[name='n1-values']").fill("Тверь")


@pytest.mark.parametrize("javascript", [True, False])
def test_a_segment_is_built_and_saved(live: Live, marketer: User, javascript: bool) -> None:
    page = live.page(marketer, javascript=javascript)
    page.goto(live.url("acme", "/segments/"))
    page.get_by_role("link", name="Новый сегмент").click()
    _fill_two_rules(page)
    page.get_by_role("button", name="Сохранить сегмент").click()
    expect(page.locator("h1")).to_have_text("Тверь, от трёх заказов")
    expect(page.locator("main")).to_contain_text("Город из списка: Тверь", ignore_case=True)
    with tenant_context(live.tenant("acme")):
        segment = Segment.objects.get(name="Тверь, от трёх заказов")
        assert [node["leaf"] for node in segment.tree["root"]["all"]] == ["number", "profile"]
        assert segment.status == "fresh"
        expected = CustomerStats.objects.filter(
            orders__gte=3, customer_id__in=Customer.objects.filter(city="Тверь").values("id")
        ).count()
        assert segment.count == expected


def test_the_count_follows_the_typing(live: Live, marketer: User) -> None:
    page = live.page(marketer)
    page.goto(live.url("acme", "/segments/new/"))
    expect(page.locator("#numbers .money")).to_have_text("300")
    page.get_by_role("button", name="Добавить условие").click()
    value = page.locator("[name='n0-is:value']")
    expect(value).to_be_visible()
    _settle(page)
    with tenant_context(live.tenant("acme")):
        nine = CustomerStats.objects.filter(orders__gte=9).count()
    value.press_sequentially("")
    value.fill("")
    value.press_sequentially("9")
    expect(page.locator("#numbers .money")).to_have_text(str(nine))
    expect(page.locator("#left0")).to_contain_text(str(nine))
    expect(page.locator("#words")).to_contain_text("не меньше 9")
    expect(page.locator("#reach")).to_contain_text("Можно написать письмо")
    assert value.evaluate("field => field === document.activeElement")
    value.fill("много")
    value.press("Tab")
    expect(page.locator("#c0 .msg")).to_contain_text("Введите число")
    expect(value).to_have_value("много")
    expect(page.locator("#numbers")).to_contain_text("Исправьте условия")
    live.check(page)
    live.shoot(page, "segment-error-1440-light")


def test_a_choice_changes_the_card_alone(live: Live, marketer: User) -> None:
    page = live.page(marketer)
    page.goto(live.url("acme", "/segments/new/"))
    page.get_by_role("button", name="Добавить условие").click()
    expect(page.locator("[name='n0-is:op']")).to_be_visible()
    _settle(page)
    page.locator("[name='n0-is:op']").select_option("between")
    expect(page.locator("[name='n0-is:high']")).to_be_visible()
    _settle(page)
    page.locator("[name='n0-field']").select_option("revenue")
    expect(page.locator("#c0")).to_contain_text("₽")
    _settle(page)
    page.locator("[name='g']").select_option("not")
    expect(page.locator("[name='n0-field']")).to_have_value("revenue")
    _settle(page)
    page.get_by_role("button", name="Добавить группу").click()
    expect(page.locator("#c1")).to_contain_text("Добавьте условие или удалите группу")
    _settle(page)
    page.locator("#c1").get_by_role("button", name="Добавить условие").click()
    expect(page.locator("#c1-0")).to_be_visible()
    _settle(page)
    page.locator("#c0").get_by_role("button", name="Ниже").click()
    expect(page.locator("[name='n1-field']")).to_have_value("revenue")
    _settle(page)
    page.locator("#c0").get_by_role("button", name="Удалить группу").click()
    expect(page.locator("[name='n0-field']")).to_have_value("revenue")
    live.check(page)


def test_by_keyboard_alone(live: Live, marketer: User) -> None:
    page = live.page(marketer)
    page.goto(live.url("acme", "/segments/new/"))
    page.get_by_label("Название сегмента").focus()
    page.keyboard.type("С клавиатуры")
    page.get_by_role("button", name="Добавить условие").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[name='n0-field']")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator("[name='n0-is:value']")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("5")
    page.get_by_role("button", name="Сохранить сегмент").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("С клавиатуры")


def test_from_a_group_of_rfm_to_a_segment(live: Live, marketer: User) -> None:
    page = live.page(marketer)
    page.goto(live.url("acme", "/rfm/"))
    page.get_by_role("link", name="Создать сегмент: Чемпионы").click()
    expect(page.get_by_label("Название сегмента")).to_have_value("Чемпионы")
    page.get_by_role("button", name="Сохранить сегмент").click()
    expect(page.locator("h1")).to_have_text("Чемпионы")
    expect(page.locator("main")).to_contain_text("Группа RFM: «Чемпионы»")
