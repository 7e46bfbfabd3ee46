"""Import screens: upload, columns, check, load, refused rows; every state looked at."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import translation

from analytics.events.models import Order
from analytics.sources.models import ImportJob
from analytics.sources.services import check_import, run_import
from tenants.accounts.contracts import Role
from tenants.tenancy.models import Tenant
from tests.factories.accounts import client_of

GOOD = (
    b"InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID\n"
    b"1,A,2,2026-03-01 10:00,1.50,u1\n"
    b"1,B,1,2026-03-01 10:00,3.00,u1\n"
    b"C2,A,-1,2026-03-02 10:00,1.50,u1\n"
    b"3,A,1,2026-03-03 10:00,0,\n"
)


@pytest.fixture
def browser(acme: Tenant) -> Any:
    with translation.override("en"):
        client = client_of(acme, Role.AGENCY_OWNER)
        client.cookies["django_language"] = "en"
        yield client


def _upload(browser: Client, content: bytes, name: str = "orders.csv", kind: str = "orders") -> Any:
    return browser.post("/imports/new/", {"kind": kind, "file": SimpleUploadedFile(name, content)})


def _job() -> ImportJob:
    return ImportJob.objects.get()


def test_nothing_imported_yet_offers_the_first_step(browser: Client) -> None:
    page = browser.get("/imports/").content.decode()
    assert "Nothing was imported yet" in page
    assert 'href="/imports/new/"' in page


def test_the_whole_way(browser: Client) -> None:
    answer = _upload(browser, GOOD)
    job = _job()
    assert answer.status_code == 302
    assert answer["Location"] == f"/imports/{job.public_id}/"
    assert job.status == "checking"
    running = browser.get(f"/imports/{job.public_id}/").content.decode()
    assert 'hx-trigger="every 2s"' in running
    assert "Refresh" in running
    check_import(job_id=job.pk)
    checked = browser.get(f"/imports/{job.public_id}/").content.decode()
    assert "every 2s" not in checked
    assert "Load 3 rows" in checked
    assert "The price is zero" in checked
    assert Order.objects.count() == 0
    assert browser.post(f"/imports/{job.public_id}/start/").status_code == 302
    assert _job().status == "running"
    assert browser.post(f"/imports/{job.public_id}/start/").status_code == 302  # pressed twice
    run_import(job_id=job.pk)
    done = browser.get(f"/imports/{job.public_id}/").content.decode()
    assert "Orders added: 2, replaced: 0, known and unchanged: 0." in done
    assert list(Order.objects.order_by("id").values_list("external_id", "kind", "revenue")) == [
        ("1", "sale", 600), ("C2", "return", -150),
    ]  # fmt: skip
    rejected = browser.get(f"/imports/{job.public_id}/rejected.csv")
    text = b"".join(rejected.streaming_content).decode("utf-8-sig")
    assert text.splitlines()[1:] == ["5;The price is zero;3;A;1;2026-03-03 10:00;0;"]
    listed = browser.get("/imports/").content.decode()
    assert "orders.csv" in listed


def test_the_fragment_alone_for_htmx(browser: Client) -> None:
    _upload(browser, GOOD)
    fragment = browser.get(
        f"/imports/{_job().public_id}/", headers={"HX-Request": "true"}
    ).content.decode()
    assert fragment.startswith('<div id="import"')
    assert "<html" not in fragment


def test_a_file_that_is_no_table_is_refused_at_the_field(browser: Client) -> None:
    answer = _upload(browser, b"")
    assert answer.status_code == 422
    assert "The file is empty." in answer.content.decode()
    assert ImportJob.objects.count() == 0


def test_unknown_columns_are_chosen_by_hand(browser: Client) -> None:
    content = GOOD.replace(b"InvoiceNo", b"Zakaz").replace(b"UnitPrice", b"Cena")
    _upload(browser, content)
    job = _job()
    assert job.status == "uploaded"
    page = browser.get(f"/imports/{job.public_id}/").content.decode()
    assert "Not all needed columns were recognised." in page
    settings = {"encoding": "utf-8", "delimiter": ",", "zone": "Europe/Moscow",
                "date_order": "dmy", "source": "shop"}  # fmt: skip
    columns = {f"column-{index}": key for index, key in enumerate(
        ["order", "product", "quantity", "ts", "", "customer"])}  # fmt: skip
    url = f"/imports/{job.public_id}/columns/"
    lacking = browser.post(url, settings | columns)
    assert lacking.status_code == 422
    assert (
        "Row 1 has no column for: Price of one piece or Paid for the line. Choose the columns."
        in lacking.content.decode()
    )
    bad_zone = browser.post(url, settings | columns | {"column-4": "price", "zone": "Mars/Olympus"})
    assert bad_zone.status_code == 422
    assert "Unknown time zone “Mars/Olympus”" in bad_zone.content.decode()
    assert _job().status == "uploaded"
    assert browser.post(url, settings | columns | {"column-4": "price"}).status_code == 302
    job = _job()
    assert (job.status, job.settings["source"]) == ("checking", "shop")
    assert job.settings["mapping"] == {
        "order": 0, "product": 1, "quantity": 2, "ts": 3, "price": 4, "customer": 5,
    }  # fmt: skip


def test_columns_once_chosen_are_remembered(browser: Client) -> None:
    test_unknown_columns_are_chosen_by_hand(browser)
    ImportJob.objects.update(status="done")
    content = GOOD.replace(b"InvoiceNo", b"Zakaz").replace(b"UnitPrice", b"Cena")
    _upload(browser, content, name="next.csv")
    job = ImportJob.objects.get(file_name="next.csv")
    assert (job.status, job.settings["source"]) == ("checking", "shop")


def test_another_encoding_is_read_again(browser: Client) -> None:
    content = "Номер заказа;Дата;Кол-во;Цена;Город\n1;01.03.2026;1;2,50;Тверь\n".encode("cp1251")
    _upload(browser, content)
    job = _job()
    assert job.settings["layout"]["encoding"] == "cp1251"
    assert job.settings["layout"]["delimiter"] == ";"
    check_import(job_id=job.pk)
    answer = browser.post(
        f"/imports/{job.public_id}/columns/",
        {"encoding": "koi8-r", "delimiter": ";", "zone": "Europe/Moscow", "date_order": "dmy",
         "source": "shop"},
    )  # fmt: skip
    assert answer.status_code == 422  # the names are no longer what they were


def test_cancelled_before_the_load_leaves_nothing(browser: Client) -> None:
    _upload(browser, GOOD)
    job = _job()
    check_import(job_id=job.pk)
    assert browser.post(f"/imports/{job.public_id}/cancel/").status_code == 302
    assert _job().status == "cancelled"
    page = browser.get(f"/imports/{job.public_id}/").content.decode().replace("\xa0", " ")
    assert "Nothing of this file is in the base." in page


def test_a_failed_check_says_why(browser: Client) -> None:
    good_rows = GOOD.splitlines(keepends=True)[1] * 40_000  # more than what is guessed from
    _upload(browser, GOOD + good_rows + b"4,A,1,2026-03-03 10:00,2,\xff\xfe\xff\n")
    job = _job()
    check_import(job_id=job.pk)
    assert _job().status == "failed"
    page = browser.get(f"/imports/{job.public_id}/").content.decode().replace("\xa0", " ")
    assert "Line 40006 cannot be read as UTF-8." in page


def test_who_may_only_look_cannot_load(acme: Tenant) -> None:
    owner, analyst = client_of(acme, Role.AGENCY_OWNER), client_of(acme, Role.CLIENT_ANALYST)
    _upload(owner, GOOD)
    job = _job()
    assert analyst.get(f"/imports/{job.public_id}/").status_code == 200
    assert analyst.post(f"/imports/{job.public_id}/start/").status_code == 403
    assert analyst.get("/imports/new/").status_code == 403


def test_the_neighbour_has_no_such_import(acme: Tenant, beta: Tenant) -> None:
    _upload(client_of(acme, Role.AGENCY_OWNER), GOOD)
    stranger = client_of(beta, Role.AGENCY_OWNER)
    assert stranger.get(f"/imports/{_job().public_id}/").status_code == 404


def test_the_list_is_found_narrowed_and_sorted(browser: Client) -> None:
    for name, rows in (("b.csv", 3), ("a.csv", 7), ("people.csv", 1)):
        ImportJob.objects.create(
            kind="customers" if name == "people.csv" else "orders", file_name=name, rows_read=rows,
            status="done" if rows > 1 else "failed",
        )  # fmt: skip

    def found(query: str) -> list[str]:
        return [job.file_name for job in browser.get(f"/imports/?{query}").context["page"]]

    assert found("") == ["people.csv", "a.csv", "b.csv"]
    assert found("q=A.C") == ["a.csv"]
    assert found("kind=customers") == ["people.csv"]
    assert found("status=done&sort=rows") == ["a.csv", "b.csv"]
    assert found("sort=name") == ["a.csv", "b.csv", "people.csv"]
    assert found("sort=nonsense") == ["people.csv", "a.csv", "b.csv"]
    html = browser.get("/imports/?q=nothing").content.decode()
    assert "No load was found" in html
    assert "Nothing was imported yet" not in html
