"""Texts into numbers and times, as people and programs write them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.sources.reading.inspecting import doubled, guess_mapping, normalised
from analytics.sources.reading.rejects import neutral
from analytics.sources.reading.text import guess_delimiter, guess_encoding
from analytics.sources.reading.values import (
    Bad,
    Remembered,
    code_of,
    decimal_of,
    moment_of,
    money,
    text_field,
    whole,
)

MOSCOW = ZoneInfo("Europe/Moscow")


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("2.55", 255), ("2,55", 255), ("1 234,50", 123450), ("1\u00a0234,50", 123450),
        ("1,234.50", 123450), ("1.234,50", 123450), ("1,234,567", 123456700), ("5", 500),
        ("-3", -300), ("\u22123", -300), ("0.005", 0), ("0.015", 2), ("2,55 ₽", 255),
        ("100 руб.", 10000), ("£3", "bad"), ("3£", 300), ("1e3", 100000), ("abc", "bad"),
        ("NaN", "bad"), ("Infinity", "bad"), ("1e300", "bad"), ("", "bad"), ("1.2.3", "bad"),
    ],
)  # fmt: skip
def test_money(text: str, minor: int | str) -> None:
    assert money("bad", required=True)[text] == minor


def test_an_optional_sum_may_be_empty() -> None:
    assert money("bad", required=False)["  "] is None


@pytest.mark.parametrize(
    ("text", "value"),
    [("6", 6), ("-1", -1), ("6.0", 6), ("80 995", 80995), ("1,5", "bad_quantity"),
     ("0", "zero_quantity"), ("1e10", "bad_quantity"), ("", "bad_quantity")],
)  # fmt: skip
def test_quantities(text: str, value: int | str) -> None:
    assert whole(text) == value


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("2026-03-01 10:00:00", "dmy", "2026-03-01T07:00:00"),
        ("2026-03-01T10:00:00Z", "dmy", "2026-03-01T10:00:00"),
        ("2026-03-01 10:00:00+05:00", "dmy", "2026-03-01T05:00:00"),
        ("2026-03-01 10:00:00.123456", "dmy", "2026-03-01T07:00:00"),
        ("01.03.2026 8:26", "dmy", "2026-03-01T05:26:00"),
        ("1.3.26", "dmy", "2026-02-28T21:00:00"),
        ("3/1/2026 1:05 PM", "mdy", "2026-03-01T10:05:00"),
        ("3/1/2026 12:05 am", "mdy", "2026-02-28T21:05:00"),
        ("20260301", "dmy", "2026-02-28T21:00:00"),
        ("46082.5", "dmy", "2026-03-01T09:00:00"),
        ("31.02.2026", "dmy", None),
        ("3/13/2026", "dmy", None),
        ("yesterday", "dmy", None),
        ("", "dmy", None),
        ("9999-12-31T23:59:59-14:00", "dmy", None),
    ],
)
def test_moments(text: str, order: str, expected: str | None) -> None:
    found = moment_of(text, MOSCOW, order)
    assert found == (datetime.fromisoformat(expected).replace(tzinfo=UTC) if expected else None)


@given(st.datetimes(datetime(2000, 1, 2), datetime(2090, 1, 1)))  # noqa: DTZ001 naive on purpose
def test_every_written_time_is_read_back(naive: datetime) -> None:
    naive = naive.replace(microsecond=0)
    expected = naive.replace(tzinfo=UTC)
    for pattern in ("%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%Y/%m/%dT%H:%M:%S"):
        assert moment_of(naive.strftime(pattern), ZoneInfo("UTC"), "dmy") == expected
    assert moment_of(naive.strftime("%m/%d/%Y %H:%M:%S"), ZoneInfo("UTC"), "mdy") == expected


@given(st.integers(-(10**12), 10**12))
def test_every_sum_is_read_back(minor: int) -> None:
    sign = "-" if minor < 0 else ""
    units, rest = divmod(abs(minor), 100)
    values = money("bad", required=True)
    for written in (f"{units}.{rest:02}", f"{units},{rest:02}", f"{units:,}".replace(",", " ")
                    + f",{rest:02}"):  # fmt: skip
        assert values[sign + written] == minor


@given(st.text())
def test_no_text_breaks_a_reader(text: str) -> None:
    decimal_of(text)
    moment_of(text, MOSCOW, "dmy")
    whole(text)
    code_of(text)
    text_field(5)[text]


@given(st.text())
def test_no_cell_leaves_as_a_formula(text: str) -> None:
    cell = neutral(text)
    assert cell[:1] not in {"=", "@", "\t", "\r"}
    if cell[:1] in {"+", "-"}:
        assert decimal_of(cell.replace(" ", "")) is not None


@pytest.mark.parametrize(
    ("text", "kept"),
    [("17850.0", "17850"), ("17850", "17850"), (" a ", "a"), ("1.5", "1.5"), ("C1.00", "C1.00")],
)
def test_ids(text: str, kept: str) -> None:
    assert code_of(text) == kept


def test_memory_of_values_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analytics.sources.reading.values._REMEMBERED", 10)
    values = Remembered(len)
    assert [values["x" * size] for size in range(100)] == list(range(100))
    assert len(values) <= 10


def test_bad_values_are_reasons() -> None:
    assert isinstance(whole("x"), Bad)
    assert whole("x") == "bad_quantity"


def test_columns_of_the_real_file_are_recognised() -> None:
    columns = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice",
               "CustomerID", "Country"]  # fmt: skip
    assert guess_mapping("orders", columns) == {
        "order": 0, "product": 1, "name": 2, "quantity": 3, "ts": 4, "price": 5, "customer": 6,
        "country": 7,
    }  # fmt: skip


def test_columns_of_a_russian_export_are_recognised() -> None:
    columns = ["НомерЗаказа", "ДатаДок", "Контрагент_Код", "АртикулНоменклатуры",
               "Кол-во (шт, с учётом возвратов)", "Цена", "Себест_без_НДС",
               "Склад_Служебный_НЕ_ТРОГАТЬ"]  # fmt: skip
    assert guess_mapping("orders", columns) == {
        "order": 0, "ts": 1, "customer": 2, "product": 3, "quantity": 4, "price": 5, "cost": 6,
    }  # fmt: skip


def test_a_name_that_is_there_twice_is_left_to_a_person() -> None:
    columns = ["Order", "Date", "Price", "price ", "Qty"]
    assert doubled(columns) == ["Price"]
    assert "price" not in guess_mapping("orders", columns)
    assert normalised("Кол-во, ШТ (ё)") == "колвоште"


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [("a,b,c\n1,2,3\n", ","), ("a;b;c\n1,5;2;3\n", ";"), ("a\tb\n1,2\t3\n", "\t"),
     ("a|b\n1|2\n", "|"), ('"a,b";c\n"1,2";3\n', ";"), ("one\n1\n", ","), ("a;b", ";")],
)  # fmt: skip
def test_delimiters(text: str, delimiter: str) -> None:
    assert guess_delimiter(text) == delimiter


@pytest.mark.parametrize(
    ("head", "encoding"),
    [("дата".encode(), "utf-8"), ("дата".encode("cp1251"), "cp1251"), (b"plain", "utf-8"),
     ("дата".encode("utf-16"), "utf-16"), ("\ufeffдата".encode(), "utf-8")],
)  # fmt: skip
def test_encodings(head: bytes, encoding: str) -> None:
    assert guess_encoding(head) == encoding
