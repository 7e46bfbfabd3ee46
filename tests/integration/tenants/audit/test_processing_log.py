"""Whoever opens personal values leaves a line in the log, and no value is in it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError
from django.test import Client
from django_tenants.utils import tenant_context

from cvm_platform.common import clock
from tenants.accounts.contracts import Permission, Role
from tenants.accounts.permissions import allowed
from tenants.audit import watch
from tenants.audit.contracts import Action, Actor, ProcessingRow
from tenants.audit.models import ProcessingEntry
from tenants.audit.selectors import LogQuery, processing_entries
from tenants.audit.services import log_processing
from tenants.customers.contracts import CustomerRow
from tenants.customers.models import Customer
from tenants.customers.services import upsert_customers
from tenants.tenancy.models import Tenant
from tests.factories.accounts import client_of
from tests.factories.api import ApiClient

PEOPLE = [
    CustomerRow(external_id=str(n), email=f"olga{n}@mail.example", first_name="Ольга",
                last_name="Зимина")
    for n in range(3)
]  # fmt: skip


def people() -> list[Customer]:
    upsert_customers(rows=PEOPLE, source="shop")
    return list(Customer.objects.order_by("id"))


def only_line() -> ProcessingEntry:
    return ProcessingEntry.objects.get()


def test_a_card_leaves_one_line_with_the_names_of_the_fields(acme: Tenant) -> None:
    customer = people()[1]
    client = client_of(acme, Role.CLIENT_MARKETER)
    assert client.get(f"/customers/{customer.public_id}/").status_code == 200
    line = only_line()
    assert (line.action, line.subject_id, line.count, line.result) == (
        "VIEW", customer.pk, 1, "done",
    )  # fmt: skip
    assert line.categories == ["contact", "name"]
    assert (line.object_id, line.actor_role) == ("analytics:customers-detail", "client_marketer")
    assert line.actor.startswith("user:")
    stored = " ".join(str(getattr(line, field.name)) for field in line._meta.fields)
    assert "Ольга" not in stored
    assert "mail.example" not in stored


def test_masked_is_seen_too(acme: Tenant) -> None:
    people()
    client_of(acme, Role.AGENCY_MARKETER).get("/customers/?sort=new")
    line = only_line()
    assert (line.action, line.subject_id, line.count) == ("VIEW", None, 3)


def test_a_search_is_logged_even_when_nobody_is_found_and_without_its_words(acme: Tenant) -> None:
    client_of(acme, Role.CLIENT_SUPPORT).get("/customers/?q=nobody@mail.example")
    line = only_line()
    assert (line.action, line.count, line.reason, line.categories) == ("SEARCH", 0, "", [])


def test_a_reveal_names_the_field_and_the_reason_and_a_refused_one_is_there_too(
    acme: Tenant,
) -> None:
    customer = people()[0]
    client = client_of(acme, Role.AGENCY_OPERATOR)
    url = f"/customers/{customer.public_id}/reveal/"
    given = {"field": "email", "reason": "complaint", "ticket": "T-1"}
    assert client.post(url, given).status_code == 200
    assert client.post(url, given | {"ticket": ""}).status_code == 422
    refused, done = ProcessingEntry.objects.order_by("-id")
    assert (done.action, done.result, done.reason) == ("REVEAL", "done", "complaint T-1")
    assert "email" in done.categories
    assert (refused.result, refused.subject_id) == ("denied", customer.pk)


def test_a_page_without_personal_values_leaves_nothing(acme: Tenant) -> None:
    people()
    client_of(acme, Role.CLIENT_MARKETER).get("/segments/")
    assert not ProcessingEntry.objects.exists()


def test_what_cannot_be_logged_is_not_shown(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = people()[0]
    client = client_of(acme, Role.CLIENT_MARKETER)
    client.raise_request_exception = False

    def fails(*_args: object, **_options: object) -> int:
        raise DatabaseError("no space left")

    monkeypatch.setattr("tenants.audit.services.journal.bulk.run", fails)
    response = client.get(f"/customers/{customer.public_id}/")
    assert response.status_code == 500
    assert "Зимина" not in response.content.decode()


def test_the_api_is_logged_by_its_key(acme: Tenant) -> None:
    body = {"customers": [{"external_id": "1", "email": "ivan@mail.example"}], "source": "crm"}
    assert ApiClient(acme).post("customers/", body).status_code == 200
    line = only_line()
    assert (line.action, line.actor_role, line.reason) == ("UPDATE", "api_client", "crm")
    assert line.actor.startswith("api:")
    assert line.categories == ["email", "external_id"]
    assert line.subject_id == Customer.objects.get().pk


def test_one_company_never_sees_the_log_of_another(acme: Tenant, beta: Tenant) -> None:
    log_processing(rows=[ProcessingRow(Actor("system"), Action.VIEW, reason="acme only")])
    with tenant_context(beta):
        assert not ProcessingEntry.objects.exists()
    page = client_of(beta, Role.CLIENT_DPO).get("/log/").content.decode()
    assert "acme only" not in page
    assert "acme only" in client_of(acme, Role.CLIENT_DPO).get("/log/").content.decode()


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("path", ["/log/", "/log/changes/", "/log/processing.csv"])
def test_only_who_may_read_the_log_reads_it(acme: Tenant, role: str, path: str) -> None:
    response = client_of(acme, role).get(path)
    expected = 200 if allowed(role, Permission.AUDIT_VIEW) else 403
    assert response.status_code == expected


def _lines(count: int) -> None:
    now = clock.now()
    log_processing(
        rows=[
            ProcessingRow(
                Actor(f"user:{n % 2}", "client_dpo", "10.0.0.1"),
                Action.SEARCH if n % 3 else Action.EXPORT,
                subject_id=n, at=now - timedelta(days=n),
            )
            for n in range(count)
        ]
    )  # fmt: skip


def test_the_filter_narrows_by_each_field(acme: Tenant) -> None:
    _lines(12)

    def found(**wanted: object) -> list[int]:
        rows = processing_entries(LogQuery(**wanted), "UTC")  # type: ignore[arg-type]  # by name
        return sorted(row.subject_id or 0 for row in rows)

    today = clock.now().date()
    assert found(action="EXPORT") == [0, 3, 6, 9]
    assert found(actor="user:1") == [1, 3, 5, 7, 9, 11]
    assert found(subject_id=7) == [7]
    assert found(since=today - timedelta(days=2)) == [0, 1, 2]
    assert found(until=today - timedelta(days=10)) == [10, 11]
    assert found(result="denied") == []


def test_a_day_is_a_day_of_the_company(acme: Tenant) -> None:
    at = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)  # already 2 March in Moscow
    log_processing(rows=[ProcessingRow(Actor("system"), Action.VIEW, at=at)])
    day = LogQuery(since=date(2026, 3, 2), until=date(2026, 3, 2))
    assert processing_entries(day, "Europe/Moscow").count() == 1
    assert processing_entries(day, "UTC").count() == 0


def test_pages_show_every_line_once(acme: Tenant) -> None:
    _lines(120)
    client: Client = client_of(acme, Role.CLIENT_DPO)
    seen: list[int] = []
    path = "/log/"
    while path:
        response = client.get(path)
        seen += [row[0].pk for row in response.context["rows"]]
        following = response.context["next_id"]
        path = f"/log/?before={following}" if following else ""
    assert len(seen) == len(set(seen)) == 120


def test_a_wrong_filter_says_so_and_shows_the_rest(acme: Tenant) -> None:
    _lines(3)
    response = client_of(acme, Role.CLIENT_DPO).get("/log/?subject=abc&since=yesterday")
    assert response.status_code == 200
    assert set(response.context["form"].errors) == {"subject", "since"}


def test_the_export_is_a_table_without_formulas_and_is_logged_itself(acme: Tenant) -> None:
    log_processing(
        rows=[ProcessingRow(Actor("system"), Action.VIEW, reason='=HYPERLINK("http://x")')]
    )
    client = client_of(acme, Role.CLIENT_DPO)
    response = client.get("/log/processing.csv")
    text = response.content.decode("utf-8-sig")
    head, line, *_rest = text.split("\r\n")
    assert head.count(";") == line.count(";") == 12
    assert "'=HYPERLINK" in line
    exported = ProcessingEntry.objects.order_by("-id")[0]
    assert (exported.action, exported.categories) == ("EXPORT", ["processing log"])


def test_notes_outside_a_request_go_nowhere(acme: Tenant) -> None:
    watch.note_opened([1], "name")
    watch.describe(Action.EXPORT)
    assert not ProcessingEntry.objects.exists()


def test_long_words_are_cut_not_refused(acme: Tenant) -> None:
    log_processing(
        rows=[
            ProcessingRow(Actor("a" * 100), Action.VIEW, object_id="o" * 100, reason="r" * 400,
                          categories=["c,d" * 30])
        ]
    )  # fmt: skip
    line = only_line()
    assert (len(line.actor), len(line.object_id), len(line.reason)) == (60, 60, 300)
    assert line.categories == [("c d" * 30)[:40]]
    assert log_processing(rows=[]) == 0
