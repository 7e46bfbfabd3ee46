"""Customers from outside: who is who, what is sealed, what is found."""

import pytest
from django_tenants.utils import tenant_context

from cvm_platform.common import crypto
from cvm_platform.common.errors import NoTenant
from tenants.customers.contracts import CustomerRow
from tenants.customers.models import (
    ContactPoint,
    Customer,
    DataKey,
    Identity,
    Person,
    PersonalName,
)
from tenants.customers.sealing import Vault
from tenants.customers.selectors import customer_ids_by_external, customers_found_by
from tenants.customers.services import reserve_person_ids, upsert_customers
from tenants.tenancy.models import Tenant

ANNA = CustomerRow(
    external_id="17850", email=" Anna.Ivanova@Example.com", phone="8 (916) 123-45-67",
    first_name="Анна", last_name="Семёнова-Иванова", city="Тверь", timezone="Europe/Moscow",
    attributes={"country": "Россия"},
)  # fmt: skip


def _counts() -> dict[str, int]:
    models = (Person, Customer, Identity, DataKey, ContactPoint, PersonalName)
    return {model.__name__: model.objects.count() for model in models}


def test_a_new_customer_is_complete(acme: Tenant) -> None:
    report = upsert_customers(rows=[ANNA], source="crm")
    assert (report.created, report.changed, report.problems) == (1, 0, [])
    customer = Customer.objects.get()
    assert report.customer_ids == [customer.id]
    assert customer.city == "Тверь"
    assert customer.attributes == {"country": "Россия"}
    assert customer.source == "crm"
    vault = Vault(acme)
    contacts = {contact.kind: contact for contact in ContactPoint.objects.all()}
    opened = vault.open_many(
        (contact.id, contact.customer_id, contact.sealed) for contact in contacts.values()
    )
    assert opened == {
        contacts["email"].id: "anna.ivanova@example.com",
        contacts["phone"].id: "+79161234567",
    }
    assert contacts["email"].provider == "example.com"
    assert contacts["phone"].last4 == vault.last4_index("+79161234567")
    name = PersonalName.objects.get()
    assert vault.open_many([(1, customer.id, name.sealed)]) == {
        1: '{"first": "Анна", "last": "Семёнова-Иванова"}'
    }
    assert set(Identity.objects.values_list("kind", "namespace")) == {
        ("external", "crm"), ("email", ""), ("phone", ""),
    }  # fmt: skip


def test_the_same_rows_again_change_nothing(acme: Tenant) -> None:
    first = upsert_customers(rows=[ANNA], source="crm")
    before = _counts(), list(ContactPoint.objects.order_by("id").values())
    again = upsert_customers(rows=[ANNA, ANNA], source="crm")
    assert again.customer_ids == first.customer_ids * 2
    assert (again.created, again.changed) == (0, 0)
    assert (_counts(), list(ContactPoint.objects.order_by("id").values())) == before


def test_empty_values_never_erase_known_ones(acme: Tenant) -> None:
    upsert_customers(rows=[ANNA], source="crm")
    report = upsert_customers(rows=[CustomerRow(external_id="17850")], source="crm")
    assert (report.created, report.changed) == (0, 0)
    assert Customer.objects.get().city == "Тверь"
    assert ContactPoint.objects.count() == 2


def test_a_new_address_becomes_the_primary_one_and_the_old_one_stays(acme: Tenant) -> None:
    upsert_customers(rows=[ANNA], source="crm")
    report = upsert_customers(
        rows=[CustomerRow(external_id="17850", email="new@example.org")], source="crm"
    )
    assert report.changed == 1
    emails = ContactPoint.objects.filter(kind="email").order_by("id")
    assert [contact.is_primary for contact in emails] == [False, True]
    upsert_customers(rows=[ANNA], source="crm")
    assert [contact.is_primary for contact in emails.all()] == [True, False]


def test_an_address_joins_only_a_person_without_an_id_in_this_source(acme: Tenant) -> None:
    by_mail = upsert_customers(rows=[CustomerRow(email="a@example.com")], source="form")
    linked = upsert_customers(
        rows=[CustomerRow(external_id="1", email="A@example.com")], source="crm"
    )
    assert linked.customer_ids == by_mail.customer_ids
    family = upsert_customers(
        rows=[CustomerRow(external_id="2", email="a@example.com")], source="crm"
    )
    assert family.created == 1
    assert family.customer_ids != linked.customer_ids


def test_rows_of_one_call_find_each_other(acme: Tenant) -> None:
    report = upsert_customers(
        rows=[
            CustomerRow(external_id="1", email="a@example.com"),
            CustomerRow(external_id="1", city="Омск"),
            CustomerRow(email="a@example.com", phone="+7 916 000-00-01"),
        ],
        source="crm",
    )
    assert len(set(report.customer_ids)) == 1
    assert report.created == 1
    assert Customer.objects.get().city == "Омск"


def test_a_malformed_row_is_refused_and_the_others_go_on(acme: Tenant) -> None:
    report = upsert_customers(
        rows=[
            CustomerRow(external_id="1", email="no address"),
            CustomerRow(external_id="2", phone="12"),
            CustomerRow(external_id="3", timezone="Mars/Olympus"),
            CustomerRow(city="Омск"),
            CustomerRow(external_id="5"),
        ],
        source="crm",
    )
    assert [(problem.index, problem.code) for problem in report.problems] == [
        (0, "bad_email"), (1, "bad_phone"), (2, "bad_timezone"), (3, "nobody"),
    ]  # fmt: skip
    assert report.customer_ids[:4] == [None] * 4
    assert list(Customer.objects.values_list("id", flat=True)) == report.customer_ids[4:]


@pytest.mark.parametrize(
    ("needle", "found"),
    [
        ("anna.ivanova@EXAMPLE.com", True),
        ("+7 916 123 45 67", True),
        ("89161234567", True),
        ("4567", True),
        ("17850", True),
        ("анн", True),
        ("СЕМЕНОВА", True),
        ("анна ивано", True),
        ("ан", False),
        ("петров", False),
        ("анна петров", False),
        ("other@example.com", False),
        ("4568", False),
        ("", True),
    ],
)
def test_blind_search(acme: Tenant, needle: str, found: bool) -> None:
    upsert_customers(rows=[ANNA], source="crm")
    assert customers_found_by(needle).exists() is found


def test_a_customer_is_found_by_its_public_id(acme: Tenant) -> None:
    upsert_customers(rows=[ANNA, CustomerRow(external_id="2")], source="crm")
    second = customer_ids_by_external(source="crm", external_ids=["2", "absent"])
    customer = Customer.objects.get(id=second["2"])
    assert list(customers_found_by(str(customer.public_id))) == [customer]


def test_another_tenant_can_neither_find_nor_open(acme: Tenant, beta: Tenant) -> None:
    upsert_customers(rows=[ANNA], source="crm")
    contact = ContactPoint.objects.filter(kind="email").get()
    key = DataKey.objects.get()
    assert Vault(beta).email_hmac("anna.ivanova@example.com") != bytes(contact.address_hmac)
    with tenant_context(beta):
        assert not customers_found_by("anna.ivanova@example.com").exists()
        # even with the row and its key carried over, the neighbour's key opens nothing
        DataKey.objects.create(customer_id=key.customer_id, wrapped=key.wrapped)
        with pytest.raises(crypto.Unreadable):
            Vault(beta).open_many([(1, contact.customer_id, contact.sealed)])


def test_a_sealed_value_cannot_be_moved_to_another_customer(acme: Tenant) -> None:
    upsert_customers(rows=[ANNA], source="crm")
    contact = ContactPoint.objects.filter(kind="email").get()
    key = DataKey.objects.get()
    DataKey.objects.create(customer_id=99, wrapped=key.wrapped)
    with pytest.raises(crypto.Unreadable):
        Vault(acme).open_many([(1, 99, contact.sealed)])


def test_after_the_key_is_destroyed_nothing_can_be_read_or_written(acme: Tenant) -> None:
    upsert_customers(rows=[ANNA], source="crm")
    contact = ContactPoint.objects.filter(kind="email").get()
    DataKey.objects.update(wrapped=None)
    assert Vault(acme).open_many([(1, contact.customer_id, contact.sealed)]) == {}
    before = _counts()
    upsert_customers(
        rows=[CustomerRow(external_id="17850", phone="+79160000002", first_name="Анна")],
        source="crm",
    )
    assert _counts() == {**before, "Identity": before["Identity"] + 1}


def test_nothing_is_stored_in_the_clear(acme: Tenant) -> None:
    upsert_customers(rows=[ANNA], source="crm")
    for contact in ContactPoint.objects.all():
        assert b"anna" not in bytes(contact.sealed).lower()
        assert b"9161234567" not in bytes(contact.sealed)
    assert "Анна".encode() not in bytes(PersonalName.objects.get().sealed)
    keys = " ".join(Identity.objects.exclude(kind="external").values_list("key", flat=True))
    assert "anna" not in keys
    assert "9161234567" not in keys


def test_person_ids_are_reserved_in_order(acme: Tenant) -> None:
    ids = reserve_person_ids(3)
    assert ids == sorted(ids)
    assert set(Person.objects.values_list("id", flat=True)) == set(ids)


def test_nobody_writes_outside_a_tenant(db: None) -> None:
    with pytest.raises(NoTenant):
        upsert_customers(rows=[ANNA], source="crm")
