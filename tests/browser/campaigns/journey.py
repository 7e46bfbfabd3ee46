"""The steps of the whole job, each as a person does it in the browser."""

import os
import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import Live
from tests.factories import shop_files as shop

NUMBER = re.compile(r"[^\d]")
LETTER = """<html><body><p>Здравствуйте, {{ customer.first_name }}!</p>
<p><a href="https://shop.example/sale">Весенний чай</a></p>
<p>{{ sender.name }}, {{ sender.address }}. <a href="{{ unsubscribe_url }}">Отписаться</a></p>
</body></html>"""


def number_of(text: str) -> int:
    """1 284 with any spaces, −12 without its sign."""
    return int(NUMBER.sub("", text))


@dataclass(slots=True)
class Counts:
    """What the screens said; every later screen must agree."""

    letters: int = 0
    reasons: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Walk:
    """One person on the way through the product."""

    live: Live
    page: Page
    name: str
    seen: Counts = field(default_factory=Counts)

    def open(self, path: str) -> None:
        self.page.goto(self.live.url("acme", path))

    def press(self, name: str | re.Pattern[str]) -> None:
        self.page.get_by_role("button", name=name).first.click()

    def follow(self, name: str | re.Pattern[str]) -> None:
        self.page.get_by_role("main").get_by_role("link", name=name).first.click()

    def arrive(self, screen: str, heading: str | re.Pattern[str] = "") -> None:
        """What must hold on every page; with CVM_SHOOT=1 also its pictures."""
        if heading:
            expect(self.page.locator("h1")).to_have_text(heading)
        self.live.check(self.page)
        if not os.environ.get("CVM_SHOOT"):
            return
        for width, theme in ((1440, "light"), (1440, "dark"), (390, "light")):
            self.page.set_viewport_size({"width": width, "height": 844 if width < 500 else 960})
            self.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
            self.page.evaluate(
                "theme => document.documentElement.setAttribute('data-bs-theme', theme)", theme
            )
            self.page.wait_for_timeout(150)
            self.live.shoot(self.page, f"job-{self.name}-{screen}-{width}-{theme}")
            scroll = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert self.page.evaluate(scroll) <= 0, (screen, width)
        self.page.set_viewport_size({"width": 1440, "height": 960})

    # ---- data

    def assume_margin(self) -> None:
        """The file has no cost price: somebody says what share of the revenue stays."""
        self.open("/settings/")
        self.page.get_by_label(re.compile("Маржа")).fill("30")
        self.press("Сохранить")
        self.open("/settings/")
        expect(self.page.get_by_label(re.compile("Маржа"))).to_have_value(re.compile("^30"))
        self.arrive("settings", "Настройки")

    def load_file(self, folder: Path, kind: str, content: bytes) -> None:
        """From the upload to the checked file; nothing is written yet."""
        file = folder / f"{kind}.csv"
        file.write_bytes(content)
        self.open("/imports/")
        self.follow("Загрузить файл")
        self.arrive(f"import-{kind}-1-new", "Загрузить файл")
        self.page.get_by_label("Что в файле").select_option(kind)
        self.page.locator("input[type=file]").set_input_files(file)
        self.press("Загрузить и проверить")
        expect(self.page.locator("h1")).to_have_text(f"{kind}.csv")

    def load_orders(self, folder: Path, today: date) -> None:
        self.load_file(folder, "orders", shop.orders_csv(today))
        main = self.page.get_by_role("main")
        expect(main.get_by_label("Наше поле: Дата")).to_have_value("ts")
        expect(main).to_contain_text("Отклонённые строки")
        expect(main).to_contain_text("Дата не читается")
        self.arrive("import-orders-2-checked")
        rows = shop.order_count()
        self.press(re.compile(rf"Загрузить строки: {rows}"))
        expect(main).to_contain_text(f"Заказов добавлено: {rows}, заменено: 0")
        sums = [number_of(text) for text in self.page.locator(".recon .v").all_inner_texts()]
        assert sums == [rows - shop.WITHOUT_CUSTOMER, shop.WITHOUT_CUSTOMER, 1, rows + 1]
        self.arrive("import-orders-3-done")

    def load_people(self, folder: Path, today: date) -> None:
        self.load_file(folder, "customers", shop.people_csv(today))
        main = self.page.get_by_role("main")
        expect(main).to_contain_text("Это не адрес e-mail")
        expect(main.get_by_label("Наше поле: Способ")).to_have_value("method")
        self.arrive("import-customers-2-checked")
        taken = shop.CUSTOMERS - 1
        self.press(re.compile(rf"Загрузить строки: {taken}"))
        expect(main).to_contain_text(f"Покупателей добавлено: 0, дополнено: {taken}")
        expect(main).to_contain_text(f"Согласий записано: {2 * taken - 2}")
        self.arrive("import-customers-3-done")
        self.follow("Посмотреть покупателей")
        self.arrive("customers", "Покупатели")

    # ---- whom

    def count_rfm(self) -> None:
        self.open("/rfm/")
        self.arrive("rfm-1-none")
        self.press(re.compile("Посчитать"))
        row = self.page.get_by_role("row", name=re.compile("Чемпионы"))
        expect(row.locator("[data-l='Покупатели']")).to_have_text(str(shop.CHAMPIONS))
        self.arrive("rfm-2-counted")

    def make_segment(self) -> None:
        self.follow("Создать сегмент: Чемпионы")
        expect(self.page.locator("#numbers .money")).to_have_text(str(shop.CHAMPIONS))
        self.arrive("segment-1-new", "Новый сегмент")
        self.press("Сохранить сегмент")
        expect(self.page.locator("h1")).to_have_text("Чемпионы")
        expect(self.page.locator("#state .money")).to_have_text(str(shop.CHAMPIONS))
        self.arrive("segment-2-saved")

    # ---- what

    def make_sender(self) -> None:
        self.open("/senders/")
        self.follow("Новый отправитель")
        self.page.get_by_label("Имя, которое видят читатели").fill("Чайная лавка")
        self.page.get_by_label("Адрес отправителя").fill("hello@shop.example")
        self.page.get_by_label("Организация").fill("ООО «Лавка»")
        self.page.get_by_label("Почтовый адрес").fill("Москва, Чистый пер., 1")
        self.page.get_by_label("Подставлять в новые рассылки").check()
        self.arrive("sender-new", "Новый отправитель")
        self.press("Сохранить отправителя")
        expect(self.page.get_by_role("main")).to_contain_text("Чайная лавка")
        self.arrive("senders", "Отправители")

    def make_letter(self) -> None:
        self.open("/templates/new/")
        self.page.get_by_label("Название письма").fill("Весенний сбор")
        self.page.get_by_label("Тема", exact=True).fill("Весенний чай, {{ customer.first_name }}")
        self.page.get_by_label("Письмо, HTML").fill(LETTER)
        self.press("Проверить и показать")
        frame = self.page.frame_locator("iframe.mail-frame")
        expect(frame.locator("body")).to_contain_text("Здравствуйте, ")
        self.arrive("letter-1-shown", "Новое письмо")
        self.press("Сохранить письмо")
        expect(self.page.locator("h1")).to_have_text("Весенний сбор")
        self.arrive("letter-2-saved")

    # ---- send

    def prepare(self) -> None:
        """From the segment to the estimate, whose reasons add up."""
        self.open("/segments/")
        self.follow("Чемпионы")
        self.follow("Подготовить рассылку")
        segment = self.page.get_by_label("Кому")
        expect(segment.locator("option:checked")).to_have_text(re.compile("Чемпионы"))
        self.page.get_by_label("Название рассылки").fill("Весна у чемпионов")
        self.page.get_by_label("Письмо", exact=True).select_option(label="Весенний сбор")
        self.arrive("broadcast-1-new", "Новая рассылка")
        self.press("Сохранить и проверить")
        expect(self.page.locator("h1")).to_have_text("Весна у чемпионов")
        self.read_estimate()
        self.arrive("broadcast-2-review")

    def read_estimate(self) -> None:
        names = self.page.locator(".wf li .l").all_inner_texts()
        values = [number_of(text) for text in self.page.locator(".wf li .v").all_inner_texts()]
        assert values[0] == shop.CHAMPIONS
        assert values[0] - sum(values[1:-1]) == values[-1]
        titles = [name.strip().split("\n")[0] for name in names[1:-1]]
        self.seen.reasons = dict(zip(titles, values[1:-1], strict=True))
        self.seen.letters = values[-1]
        assert self.seen.reasons["Нет согласия на рекламу"] == 1
        assert self.seen.reasons["Нет разрешения на рекламу на этот адрес"] == 1
        assert self.seen.reasons["Контрольная группа рассылки"] >= 1

    def send(self) -> None:
        letters = self.seen.letters
        self.follow(f"Отправить письма: {letters}")
        expect(self.page.locator("h1")).to_have_text(f"Отправить письма сейчас: {letters}?")
        self.arrive("broadcast-3-confirm")
        self.press(f"Отправить письма: {letters}")
        main = self.page.get_by_role("main")
        expect(main).to_contain_text(f"{shop.CHAMPIONS} из {shop.CHAMPIONS}")
        counts = self.page.locator("#progress .recon").inner_text()
        assert [int(text) for text in re.findall(r"\d+", counts)] == [
            letters, shop.CHAMPIONS - letters, 0, 0, shop.CHAMPIONS,
        ]  # fmt: skip
        assert "сошлось" in counts
        names = [text.split("\n")[0] for text in self.page.locator(".wf .l").all_inner_texts()]
        values = [number_of(text) for text in self.page.locator(".wf .v").all_inner_texts()]
        assert dict(zip(names, values, strict=True)) == self.seen.reasons
        self.arrive("broadcast-4-sent", "Весна у чемпионов")

    # ---- answer

    def read_result(self) -> None:
        self.open("/broadcasts/")
        self.arrive("broadcasts", "Рассылки")
        self.page.get_by_role("row", name=re.compile("Весна у чемпионов")).get_by_role(
            "link", name="Итог"
        ).click()
        main = self.page.get_by_role("main")
        expect(main).to_contain_text("Окно открыто до")
        expect(main).to_contain_text(f"Все {shop.CHAMPIONS} человек учтены")
        sums = [number_of(text) for text in self.page.locator(".recon .v").all_inner_texts()]
        assert sums == [
            self.seen.letters, shop.CHAMPIONS - self.seen.letters, 0, 0, shop.CHAMPIONS,
        ]  # fmt: skip
        funnel = [number_of(text) for text in self.page.locator(".fun .v").all_inner_texts()]
        assert funnel == [self.seen.letters, self.seen.letters, 0, 1, 0], funnel
        self.page.locator("#how summary").click()
        self.arrive(f"result-{self.name}", "Весна у чемпионов")
