"""What goes wrong is told in words, on a page that has a way on: bad files, a load thought better
of, addresses that lead nowhere or are not open.
"""

import re
from pathlib import Path

import pytest
from django_tenants.utils import tenant_context
from playwright.sync_api import Page, expect

from analytics.events.models import Order
from analytics.sources.models import ImportJob
from cvm_platform.common import clock
from tenants.accounts.contracts import Role
from tests.browser.conftest import Live
from tests.factories import shop_files as shop
from tests.factories.accounts import make_user

BROKEN = {
    "empty.csv": (b"", "Файл пуст."),
    "picture.csv": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR", "Это не текстовый файл"),
    "book.xlsx": (b"PK\x03\x04 no workbook", "Файл повреждён: начинается как книга Excel"),
    "header.csv": ("Номер заказа;Дата;Количество;Цена\n".encode(), "нет строк"),
}


def _upload(live: Live, page: Page, folder: Path, name: str, content: bytes) -> None:
    file = folder / name
    file.write_bytes(content)
    page.goto(live.url("acme", "/imports/new/"))
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Загрузить и проверить").click()


@pytest.mark.parametrize("javascript", [True, False])
def test_a_broken_file_is_refused_in_words(live: Live, tmp_path: Path, javascript: bool) -> None:
    user = make_user(live.tenant("acme"), Role.CLIENT_MARKETER)
    page = live.page(user, javascript=javascript)
    for name, (content, words) in BROKEN.items():
        _upload(live, page, tmp_path, name, content)
        expect(page.locator(".err-t")).to_contain_text(words)
        live.check(page)
    live.shoot(page, "import-refused")
    with tenant_context(live.tenant("acme")):
        assert not ImportJob.objects.exists()


def test_a_file_that_breaks_in_the_middle_loads_nothing(live: Live, tmp_path: Path) -> None:
    user = make_user(live.tenant("acme"), Role.CLIENT_MARKETER)
    page = live.page(user, javascript=False)
    good = shop.orders_csv(clock.now().date())
    _upload(live, page, tmp_path, "quote.csv", good + b'9;"01.10.2026;1;tea-1')
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("кавычка открыта и не закрыта")
    expect(alert).to_contain_text("Из этого файла в базе ничего нет")
    live.check(page)
    live.shoot(page, "import-broken")
    with tenant_context(live.tenant("acme")):
        assert ImportJob.objects.get().status == "failed"
        assert not Order.objects.exists()


def test_unknown_columns_are_asked_for(live: Live, tmp_path: Path) -> None:
    user = make_user(live.tenant("acme"), Role.CLIENT_MARKETER)
    page = live.page(user, javascript=False)
    content = "Нечто;Когда;Сколько;Почём\nA-1;01.10.2026;2;100,50\nA-2;02.10.2026;1;70\n"
    _upload(live, page, tmp_path, "strange.csv", content.encode())
    expect(page.get_by_role("main")).to_contain_text("Узнали не все нужные колонки.")
    live.check(page)
    page.get_by_role("button", name="Проверить файл").click()
    expect(page.get_by_role("main")).to_contain_text("В строке 1 нет колонки для")
    fields = {"Нечто": "order", "Когда": "ts", "Сколько": "quantity", "Почём": "price"}
    for column, field in fields.items():
        page.get_by_label(f"Наше поле: {column}").select_option(field)
    page.get_by_role("button", name="Проверить файл").click()
    page.get_by_role("button", name="Загрузить строки: 2").click()
    expect(page.get_by_role("main")).to_contain_text("Заказов добавлено: 2")
    with tenant_context(live.tenant("acme")):
        assert sum(Order.objects.values_list("revenue", flat=True)) == 27_100


@pytest.mark.parametrize("javascript", [True, False])
def test_a_load_thought_better_of(live: Live, tmp_path: Path, javascript: bool) -> None:
    user = make_user(live.tenant("acme"), Role.CLIENT_MARKETER)
    page = live.page(user, javascript=javascript)
    _upload(live, page, tmp_path, "orders.csv", shop.orders_csv(clock.now().date()))
    page.get_by_role("button", name="Не загружать").click()
    expect(page.get_by_role("main")).to_contain_text("Загрузка отменена")
    expect(page.get_by_role("main")).to_contain_text("Из этого файла в базе ничего нет.")
    live.check(page)
    live.shoot(page, "import-cancelled")
    page.goto(live.url("acme", "/imports/"))
    expect(page.get_by_role("row", name=re.compile("orders.csv"))).to_contain_text("Отменено")
    with tenant_context(live.tenant("acme")):
        assert ImportJob.objects.get().status == "cancelled"
        assert not Order.objects.exists()


def test_a_running_load_shows_how_far_it_is_and_stops(live: Live, tmp_path: Path) -> None:
    user = make_user(live.tenant("acme"), Role.CLIENT_MARKETER)
    page = live.page(user)
    _upload(live, page, tmp_path, "orders.csv", shop.orders_csv(clock.now().date()))
    expect(page.get_by_role("button", name=re.compile("Загрузить строки"))).to_be_visible()
    with tenant_context(live.tenant("acme")):  # as a worker would leave it in the middle
        ImportJob.objects.update(status="running", rows_read=150, bytes_read=9_000)
    page.reload()
    expect(page.locator("#import")).to_contain_text("Прочитано строк: 150")
    live.check(page)
    live.shoot(page, "import-running")
    page.get_by_role("button", name="Отменить").click()
    page.wait_for_load_state()
    with tenant_context(live.tenant("acme")):
        assert ImportJob.objects.get().is_cancel_requested
        ImportJob.objects.update(status="cancelled")
    expect(page.locator("#import")).to_contain_text("Загрузка отменена")


@pytest.mark.parametrize("javascript", [True, False])
def test_pages_that_are_not_there_or_not_open(live: Live, javascript: bool) -> None:
    finance = make_user(live.tenant("acme"), Role.CLIENT_FINANCE)
    page = live.page(finance, javascript=javascript)
    for path, status, heading in (
        ("/no-such-page/", 404, "Такой страницы нет"),
        ("/imports/0192f3c4-77ab-7000-8000-000000000000/", 403, "Эта страница вам не открыта"),
        ("/imports/new/", 403, "Эта страница вам не открыта"),
        ("/broadcasts/0192f3c4-77ab-7000-8000-000000000000/result/", 404, "Такой страницы нет"),
        ("/u/forged-token", 404, "Такой страницы нет"),
    ):
        answer = page.goto(live.url("acme", path))
        assert answer is not None
        assert answer.status == status
        expect(page.locator("h1")).to_have_text(heading)
        live.check(page)
        live.shoot(page, f"error-{status}")
    page.get_by_role("link", name="На главную").click()
    expect(page.locator("h1")).to_have_text("Деньги")
