"""Files as a small shop would send them: orders with returns and a broken row, and consents.

Of sixty customers the first twenty are champions of RFM: they bought last, most often and for
the most. Number 3 gave no consent to processing, number 5 no permission for advertising.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

CUSTOMERS = 60
CHAMPIONS = 20
NO_CONSENT, NO_PERMISSION, BAD_EMAIL = 3, 5, 60
WITHOUT_CUSTOMER = 4
RETURNED = (2, 30)
ORDER_COLUMNS = ("Номер заказа", "Дата", "Клиент", "Артикул", "Товар", "Количество", "Цена",
                 "Город")  # fmt: skip
PEOPLE_COLUMNS = ("Клиент", "Email", "Имя", "Согласие ПДн", "Согласие email", "Способ")


def orders_of(number: int) -> int:
    """How many orders the customer made."""
    return 2 + (CUSTOMERS - number) // 10


def order_count() -> int:
    """All orders of the file that can be loaded, returns included."""
    return sum(map(orders_of, range(1, CUSTOMERS + 1))) + len(RETURNED) + WITHOUT_CUSTOMER


def orders_csv(today: date) -> bytes:
    """One line an order; the last row has a date that does not exist."""
    rows: list[Sequence[object]] = []
    for number in range(1, CUSTOMERS + 1):
        price = 500 + (CUSTOMERS - number) * 20
        for order in range(orders_of(number)):
            day = today - timedelta(days=2 + number * 4 + order * 11)
            rows.append(
                (f"{number}-{order}", f"{day:%d.%m.%Y} 12:30", number, "tea-1", "Чай чёрный",
                 1 + order % 2, f"{price},50", "Москва" if number % 3 else "Тверь")
            )  # fmt: skip
    for number in RETURNED:
        day = today - timedelta(days=1)
        rows.append((f"C{number}-0", f"{day:%d.%m.%Y} 10:00", number, "tea-1", "Чай чёрный",
                     -1, "900,50", "Москва"))  # fmt: skip
    day = today - timedelta(days=9)
    rows.extend(
        (f"гость-{number}", f"{day:%d.%m.%Y} 09:15", "", "mug-1", "Кружка", 1, "350,00", "Москва")
        for number in range(WITHOUT_CUSTOMER)
    )
    rows.append(("сбой-1", "31.02.2026", 7, "tea-1", "Чай чёрный", 1, "500,00", "Москва"))
    return _file(ORDER_COLUMNS, rows)


def people_csv(today: date) -> bytes:
    """Contacts and consents; one address is no address."""
    given = f"{today - timedelta(days=40):%d.%m.%Y}"
    rows = [
        (number, "не адрес" if number == BAD_EMAIL else f"c{number}@example.com", f"Имя{number}",
         "" if number == NO_CONSENT else given, "" if number == NO_PERMISSION else given,
         "DOI_EMAIL")
        for number in range(1, CUSTOMERS + 1)
    ]  # fmt: skip
    return _file(PEOPLE_COLUMNS, rows)


def _file(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()
