"""The list and the page of a customer: complete, masked where due, one tenant at a time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from analytics.events.models import CustomerStats
from analytics.profiles import selectors, services
from analytics.profiles.listing import PAGE
from cvm_platform.common.errors import Forbidden, InvalidInput
from tenants.audit.models import AuditEntry
from tenants.audit.services import Actor
from tenants.customers.contracts import CustomerRow
from tenants.customers.models import Customer
from tenants.customers.services import upsert_customers
from tenants.tenancy.models import Tenant
from tests.factories.accounts import client_of

SURNAMES = ["Кузнецова", "Орлова", "Зимина", "Белова", "Титова", "Ёлкина"]
START = datetime(2026, 1, 1, tzinfo=UTC)


def make_customers(count: int) -> list[int]:
    rows = [
        CustomerRow(
            external_id=f"c{n}", email=f"person{n}@mail.example", phone=f"+7921000{n:04d}",
            first_name="Ольга", last_name=SURNAMES[n % 6], city="Тверь" if n % 2 else "Казань",
        )
        for n in range(count)
    ]  # fmt: skip
    ids = [id_ for id_ in upsert_customers(rows=rows, source="shop").customer_ids if id_]
    for n, customer_id in enumerate(ids):
        CustomerStats.objects.update_or_create(
            customer_id=customer_id,
            defaults={"orders": 1 + n % 5, "revenue": (n // 3) * 10_000, "margin": n,
                      "first_order_at": START, "last_order_at": START + timedelta(days=n // 2)},
        )  # fmt: skip
    return ids


def page(**changed: Any) -> Any:
    given = {"text": "", "sort": "revenue", "cursor": "", "city": "", "preset": "",
             "is_masked": False}  # fmt: skip
    return selectors.customers_page(**{**given, **changed})


@pytest.mark.parametrize("sort", ["revenue", "recent", "new"])
def test_pages_show_everybody_once_and_in_order(acme: Tenant, sort: str) -> None:
    ids = make_customers(2 * PAGE + 7)
    rows, cursor = [], ""
    for _step in range(5):
        listing = page(sort=sort, cursor=cursor)
        rows += listing.rows
        cursor = listing.next_cursor
        if not cursor:
            break
    assert sorted(row.customer_id for row in rows) == sorted(ids)
    assert (listing.total, listing.is_total_exact) == (len(ids), True)
    keys = {"revenue": lambda r: -r.revenue, "recent": lambda r: -r.last_order_at.timestamp(),
            "new": lambda r: -r.created_at.timestamp()}  # fmt: skip
    assert rows == sorted(rows, key=keys[sort]) or [keys[sort](r) for r in rows] == sorted(
        keys[sort](r) for r in rows
    )


@pytest.mark.parametrize(
    "text",
    ["person3@mail.example", "+7 921 000-00-03", "8 (921) 0000003", "0003", "c3", "бело"],
)
def test_a_customer_is_found_by_what_is_known_of_him(acme: Tenant, text: str) -> None:
    make_customers(5)
    found = page(text=text)
    assert [row.name for row in found.rows] == ["Ольга Белова"]


def test_what_is_not_exact_finds_nobody(acme: Tenant) -> None:
    make_customers(3)
    assert page(text="person@mail.example").rows == []
    assert page(text="erson1@mail.example").rows == []


def test_filters_narrow(acme: Tenant) -> None:
    make_customers(6)
    assert {row.city for row in page(city="Тверь").rows} == {"Тверь"}
    assert page(preset="champions").rows == []


def test_a_damaged_cursor_and_an_unknown_sort_are_named(acme: Tenant) -> None:
    for broken in ({"cursor": "x"}, {"cursor": "bnVsbA"}, {"sort": "name"}):
        with pytest.raises(InvalidInput):
            page(**broken)
    response = client_of(acme, "client_marketer").get("/customers/?after=%00")
    assert response.status_code == 422


@pytest.mark.parametrize(
    ("role", "sees"),
    [("client_marketer", True), ("client_dpo", True), ("client_support", True),
     ("agency_owner", False), ("agency_marketer", False), ("agency_analyst", False),
     ("agency_operator", False), ("client_analyst", False)],
)  # fmt: skip
def test_agency_roles_see_masked_data_only(acme: Tenant, role: str, *, sees: bool) -> None:
    make_customers(1)
    customer = Customer.objects.get()
    client = client_of(acme, role)
    pages = [client.get("/customers/"), client.get(f"/customers/{customer.public_id}/")]
    for response in pages:
        text = response.content.decode()
        assert response.status_code == 200
        assert ("Кузнецова" in text) is sees
        assert ("person0@mail.example" in text) is sees
        assert ("К•••••" in text) is not sees


@pytest.mark.parametrize("role", ["agency_manager", "copywriter", "client_finance", "client_admin"])
def test_roles_without_customers_are_refused(acme: Tenant, role: str) -> None:
    assert client_of(acme, role).get("/customers/").status_code == 403


def test_a_neighbour_sees_nothing(acme: Tenant, beta: Tenant) -> None:
    make_customers(2)
    customer = Customer.objects.order_by("id")[0]
    with tenant_context(beta):
        client = client_of(beta, "client_marketer")
        assert client.get(f"/customers/{customer.public_id}/").status_code == 404
        assert "Кузнецова" not in client.get("/customers/?sort=new").content.decode()
    stranger = client_of(acme, user=None)
    assert stranger.get("/customers/").status_code == 302


def test_htmx_gets_the_table_alone(acme: Tenant) -> None:
    make_customers(1)
    response = client_of(acme, "client_marketer").get("/customers/", headers={"HX-Request": "true"})
    text = response.content.decode()
    assert "<table" in text
    assert "<html" not in text


def test_the_list_has_a_query_budget(acme: Tenant, django_assert_max_num_queries: Any) -> None:
    make_customers(PAGE)
    client = client_of(acme, "client_marketer")
    client.get("/customers/")
    with django_assert_max_num_queries(20):
        client.get("/customers/")


def test_revealing_needs_a_reason_is_counted_and_written_down(acme: Tenant) -> None:
    make_customers(1)
    customer = Customer.objects.get()
    actor = Actor("user:5", "agency_operator")
    for wrong in ({"field": "all"}, {"reason": "curious"}, {"ticket": " "}):
        given = {"field": "email", "reason": "complaint", "ticket": "T-1", **wrong}
        with pytest.raises(InvalidInput):
            services.reveal_field(actor=actor, customer=customer, **given)
    assert AuditEntry.objects.count() == 0
    for _time in range(services.REVEALS_PER_DAY):
        value = services.reveal_field(
            actor=actor, customer=customer, field="email", reason="complaint", ticket="T-1"
        )
        assert value == "person0@mail.example"
    with pytest.raises(Forbidden):
        services.reveal_field(
            actor=actor, customer=customer, field="email", reason="complaint", ticket="T-1"
        )
    entries = AuditEntry.objects.filter(action=services.ACTION)
    assert entries.count() == services.REVEALS_PER_DAY
    assert "person0" not in str(list(entries.values()))


def test_only_support_may_reveal(acme: Tenant) -> None:
    make_customers(1)
    url = f"/customers/{Customer.objects.get().public_id}/reveal/"
    given = {"field": "phone", "reason": "complaint", "ticket": "T-2"}
    assert client_of(acme, "agency_marketer").post(url, given).status_code == 403
    assert AuditEntry.objects.count() == 0
    response = client_of(acme, "agency_operator").post(url, given)
    assert "+79210000000" in response.content.decode()
    assert response.headers["Cache-Control"] == "no-store"
