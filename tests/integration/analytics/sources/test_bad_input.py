"""Every kind of broken file: a clear message with the row, and nothing half loaded."""

import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.utils import translation

from analytics.events.models import Order, OrderLine
from analytics.sources.contracts import FileProblem
from analytics.sources.models import ImportJob
from analytics.sources.reading import limits
from analytics.sources.services import import_file
from cvm_platform.common.errors import InvalidInput
from tenants.customers.models import Customer
from tenants.tenancy.models import Tenant

HEAD = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID\n"
ROW = "1,A,Tea,2,2026-03-01 10:00,1.50,u1\n"
GOOD = (HEAD + ROW).encode()


@pytest.fixture(autouse=True)
def _english() -> Any:
    with translation.override("en"):
        yield


@pytest.fixture
def load(acme: Tenant, tmp_path: Path) -> Callable[..., ImportJob]:
    def load(content: bytes, name: str = "orders.csv", **options: Any) -> ImportJob:
        file = tmp_path / name
        file.write_bytes(content)
        kind = options.pop("kind", "orders")
        return import_file(path=file, kind=kind, options=options)

    return load


def _refused(load: Callable[..., ImportJob], content: bytes, **options: Any) -> FileProblem:
    with pytest.raises(FileProblem) as caught:
        load(content, **options)
    assert Order.objects.count() == OrderLine.objects.count() == Customer.objects.count() == 0
    return caught.value


def _workbook(rows: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


WHOLE_FILE = [
    ("empty", b"", "The file is empty."),
    ("only a header", HEAD.encode(), "The file has a header and no rows below it."),
    ("blank header", b"\n1,2\n", "Row 1 is empty. It must hold the names of the columns."),
    ("picture", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
     "This is not a text file. Upload CSV (also .gz) or .xlsx."),
    ("old Excel", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
     "This is the old Excel format. Save it as .xlsx or CSV and upload it again."),
    ("damaged zip", b"PK\x03\x04" + b"x" * 60,
     "The file is damaged: it begins as an Excel workbook and cannot be opened."),
    ("damaged gzip", gzip.compress(GOOD)[:-12],
     "The archive is damaged: it cannot be unpacked after row 1."),
    ("wrong delimiter", GOOD.replace(b",", b"^"),
     ("Row 1 has one column only: is the delimiter “,” right? Missing: Order number; Date and time "
     "of the order; Quantity or Paid for the line; Price of one piece or Paid for the line.")),
    ("missing columns", b"InvoiceNo,StockCode,CustomerID\n1,A,u1\n",
     ("Row 1 has no column for: Date and time of the order; Quantity or Paid for the line; "
     "Price of one piece or Paid for the line. Choose the columns.")),
    ("doubled header", GOOD.replace(b"Description", b"UnitPrice"),
     "Row 1 has no column for: Price of one piece or Paid for the line. Choose the columns."),
    ("too many columns", (",".join(map(str, range(600))) + "\n1\n").encode(),
     "Row 1 has more than 500 columns."),
    ("no good row", (HEAD + "1,A,Tea,two,2026-03-01,1.50,u1\n").encode(),
     ("Not one row can be loaded. Row 2: The quantity is no whole number. Check the columns, the "
     "delimiter and the date format.")),
]  # fmt: skip


@pytest.mark.parametrize(("content", "message"), [case[1:] for case in WHOLE_FILE],
                         ids=[case[0] for case in WHOLE_FILE])  # fmt: skip
def test_a_file_that_cannot_be_loaded_says_why(
    load: Callable[..., ImportJob], content: bytes, message: str
) -> None:
    assert _refused(load, content).message == message


def test_an_archive_of_something_else(load: Callable[..., ImportJob]) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("orders.csv", GOOD)
    assert _refused(load, stream.getvalue()).message == (
        "This is an archive, not a table. Unpack it and upload the CSV or .xlsx inside."
    )


def test_broken_encoding_names_the_line(load: Callable[..., ImportJob]) -> None:
    content = GOOD + ROW.encode() * 40_000 + "2,A,Чай,1,2026-03-01,1,u1\n".encode("cp1251")
    problem = _refused(load, content)
    assert (problem.code, problem.message) == (
        "bad_file",
        (
            "Line 40003 cannot be read as UTF-8. Choose another encoding or save the file as "
            "UTF-8. Nothing was loaded."
        ),
    )


def test_a_line_without_an_end_is_not_read_into_memory(load: Callable[..., ImportJob]) -> None:
    endless = gzip.compress(GOOD * 50 + b"2,A," + b"x" * 30_000_000)
    assert _refused(load, endless, name="orders.csv.gz").message == (
        "Row 101 is longer than a million characters: a line break is missing or a quotation mark "
        "is not closed. Nothing was loaded."
    )


def test_an_unclosed_quotation_mark_over_many_rows(load: Callable[..., ImportJob]) -> None:
    content = GOOD + b'2,A,"Tea,2,2026-03-01,1,u1\n' + ROW.encode() * 30
    assert _refused(load, content).message == (
        "Row 3: a quotation mark is opened and not closed. Nothing was loaded."
    )


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_file_that_ends_inside_quotation_marks(
    load: Callable[..., ImportJob], end: bytes
) -> None:
    content = GOOD + b'2,A,"Tea,2,2026-03-01,1,u1' + end
    assert _refused(load, content).message == (
        "Row 3: a quotation mark is opened and not closed. Nothing was loaded."
    )


def test_an_unclosed_quotation_mark_over_a_million_characters(
    load: Callable[..., ImportJob],
) -> None:
    content = GOOD + b'2,A,"Tea,2,2026-03-01,1,u1\n' + ROW.encode() * 40_000
    assert "Row 3 is longer than a million characters" in _refused(load, content).message


def test_bytes_that_are_no_text_in_the_middle(load: Callable[..., ImportJob]) -> None:
    content = GOOD + ROW.encode() * 40_000 + b"2,A\x00,Tea,1,2026-03-01,1,u1\n"
    job = load(content)
    assert job.report["rejected"] == {"bad_text": 1}
    assert job.report["samples"]["bad_text"][0]["row"] == 40_003


def test_a_gzip_bomb(load: Callable[..., ImportJob], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "RATIO_FROM", 1_000_000)
    bomb = gzip.compress(GOOD + b"\n" * 20_000_000)
    assert _refused(load, bomb).message == (
        "The archive unpacks to more than 200 times its size. It was not loaded."
    )


def test_a_workbook_with_too_many_columns(load: Callable[..., ImportJob]) -> None:
    content = _workbook([list(range(501)), [1]])
    assert _refused(load, content, name="orders.xlsx").message == "Row 1 has more than 500 columns."


def test_a_zip_bomb_in_xlsx(
    load: Callable[..., ImportJob], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "RATIO_FROM", 1_000_000)
    stream = io.BytesIO(_workbook([["InvoiceNo"], ["1"]]))
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet2.xml", b" " * 30_000_000)
    assert _refused(load, stream.getvalue(), name="orders.xlsx").message == (
        "The workbook unpacks to 30 MB. Save it as CSV: that is read in pieces."
    )


def test_a_workbook_cut_off(load: Callable[..., ImportJob]) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("xl/workbook.xml", b"<workbook")
    assert "The workbook is damaged after row 0." in _refused(load, stream.getvalue()).message


def test_an_unknown_time_zone_is_refused_before_anything(load: Callable[..., ImportJob]) -> None:
    with pytest.raises(InvalidInput) as caught:
        load(GOOD, zone="Mars/Olympus")
    assert caught.value.message == (
        "Unknown time zone “Mars/Olympus”. Write it like Europe/Moscow."
    )
    assert ImportJob.objects.count() == 0


ROWS = [
    ("1,A,Tea,2,31.02.2026 10:11,1.50,u1", "bad_date"),
    ("1,A,Tea,2,2999-01-01,1.50,u1", "future_date"),
    ("1,A,Tea,2,1999-12-31,1.50,u1", "old_date"),
    (",A,Tea,2,2026-03-01,1.50,u1", "no_order"),
    ("1,A,Tea,1.5,2026-03-01,1.50,u1", "bad_quantity"),
    ("1,A,Tea,,2026-03-01,1.50,u1", "bad_quantity"),
    ("1,A,Tea,0,2026-03-01,1.50,u1", "zero_quantity"),
    ("1,A,Tea,2,2026-03-01,free,u1", "bad_price"),
    ("1,A,Tea,2,2026-03-01,NaN,u1", "bad_price"),
    ("1,A,Tea,2,2026-03-01,1e300,u1", "bad_price"),
    ("1,A,Tea,2,2026-03-01,0.001,u1", "zero_price"),
    ("1,A,Tea,2,2026-03-01,-5,u1", "negative_price"),
    ("1,A,Tea,2,2026-03-01", "columns"),
    ("1,A,Tea,2,2026-03-01,1,u1,more", "columns"),
    (f"{'9' * 101},A,Tea,2,2026-03-01,1.50,u1", "long_value"),
    (f"1,{'A' * 101},Tea,2,2026-03-01,1.50,u1", "long_value"),
]


@pytest.mark.parametrize(("row", "reason"), ROWS)
def test_a_row_that_cannot_be_loaded_is_kept_with_its_reason(
    load: Callable[..., ImportJob], row: str, reason: str
) -> None:
    job = load(GOOD.replace(b"\n1,", b"\n777,") + f"{row}\n".encode())
    assert job.report["rejected"] == {reason: 1}
    assert job.report["samples"][reason][0]["row"] == 3
    assert (job.rows_read, job.rows_loaded, job.rows_rejected) == (2, 1, 1)
    assert [order.external_id for order in Order.objects.all()] == ["777"]


READABLE = [
    ("windows", "Номер заказа;Дата;Количество;Цена\n7;01.03.2026 10:00;2;1,50\n", "cp1251"),
    ("with a mark", "InvoiceNo,InvoiceDate,Quantity,UnitPrice\n7,2026-03-01 10:00,2,1.50\n",
     "utf-8-sig"),
    ("utf-16", "Номер заказа\tДата\tКоличество\tЦена\n7\t01.03.2026 10:00\t2\t1,50\n", "utf-16"),
    ("bars", "order|date|qty|price\n7|2026-03-01T10:00|2|1 . 5\n".replace(" . ", "."), "utf-8"),
    ("quoted line breaks", 'order,date,qty,price,name\n7,2026-03-01 10:00,2,1.50,"a\nb"\n',
     "utf-8"),
    ("Windows line ends", "order;date;qty;price\r\n7;2026-03-01 10:00;2;1,50\r\n", "utf-8"),
    ("old Mac line ends", "order;date;qty;price\r7;2026-03-01 10:00;2;1,50\r", "utf-8"),
    ("empty rows and trailing cells", "order;date;qty;price\n;;;\n7;2026-03-01 10:00;2;1,50;;\n\n",
     "utf-8"),
    ("thousands and currency", "order;date;qty;amount\n7;01.03.2026 10:00;2;\u00a0 3,00 ₽\n",
     "utf-8"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "encoding"), [case[1:] for case in READABLE],
                         ids=[case[0] for case in READABLE])  # fmt: skip
def test_usual_ways_of_writing_are_all_read(
    load: Callable[..., ImportJob], text: str, encoding: str
) -> None:
    job = load(text.encode(encoding))
    assert job.rows_rejected == 0
    order = Order.objects.get()
    assert (order.external_id, order.revenue, order.items) == ("7", 300, 2)
    assert order.ts.isoformat() == "2026-03-01T07:00:00+00:00"  # ten o'clock in Moscow


def test_the_name_of_the_file_does_not_matter(load: Callable[..., ImportJob]) -> None:
    load(GOOD, name="orders.xlsx")
    load(gzip.compress(GOOD.replace(b"\n1,", b"\n2,")), name="orders.txt")
    assert Order.objects.count() == 2


def test_a_workbook_with_dates_numbers_and_formulas(load: Callable[..., ImportJob]) -> None:
    import datetime as dt

    day = dt.datetime(2026, 3, 1, 10)  # noqa: DTZ001 a cell has no zone
    rows = [
        ["InvoiceNo", "InvoiceDate", "Quantity", "UnitPrice", "CustomerID"],
        [536365, day, 2, 1.5, 17850.0],
        [],
        [536366, "2026-03-01 11:00", 1, "=1+1", None],  # no value was kept for the formula
    ]
    job = load(_workbook(rows), name="orders.xlsx")
    assert Order.objects.get().external_id == "536365"
    assert job.report["rejected"] == {"bad_price": 1}
    assert job.report["samples"]["bad_price"][0]["row"] == 4
    assert job.report["customers"] == 1


def test_formulas_are_made_harmless_on_their_way_out(load: Callable[..., ImportJob]) -> None:
    from django.core.files.storage import default_storage

    evil = "=cmd|'/c calc'!A0,@SUM(A1),+1+1,-2,no date,-5,=1\n"
    job = load(GOOD + evil.encode())
    with default_storage.open(job.rejects_path) as file:
        lines = file.read().decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Row;Reason;InvoiceNo;")
    assert lines[1] == (
        "3;The date cannot be read;'=cmd|'/c calc'!A0;'@SUM(A1);'+1+1;-2;no date;-5;'=1"
    )


def test_a_csv_cell_that_looks_like_a_formula_stays_a_text(load: Callable[..., ImportJob]) -> None:
    from analytics.events.models import Product

    load(GOOD.replace(b"Tea", b"=cmd|x"))
    assert Product.objects.get().name == "=cmd|x"


def test_special_characters_survive(load: Callable[..., ImportJob]) -> None:
    from analytics.events.models import Product

    load(GOOD.replace(b"Tea", '"a\\b\tc ""d"" \\N ё\u2028"'.encode()).replace(b",A,", b",\\N,"))
    product = Product.objects.get()
    assert (product.external_id, product.name) == ("\\N", 'a\\b\tc "d" \\N ё')


def test_us_dates_are_recognised(load: Callable[..., ImportJob]) -> None:
    text = "order,date,qty,price\n1,3/1/2026 1:05 PM,1,1\n2,3/31/2026 12:00 AM,1,1\n"
    load(text.encode(), zone="UTC")
    assert [order.ts.isoformat() for order in Order.objects.order_by("id")] == [
        "2026-03-01T13:05:00+00:00", "2026-03-31T00:00:00+00:00",
    ]  # fmt: skip


def test_two_fields_cannot_share_a_column(load: Callable[..., ImportJob]) -> None:
    with pytest.raises(InvalidInput) as caught:
        load(GOOD, mapping={"order": "InvoiceNo", "customer": "InvoiceNo"})
    assert caught.value.message == "The column “InvoiceNo” stands for two fields."
    with pytest.raises(InvalidInput) as caught:
        load(GOOD, mapping={"order": "Absent"})
    assert caught.value.message == "There is no field “order” or no column “Absent”."
