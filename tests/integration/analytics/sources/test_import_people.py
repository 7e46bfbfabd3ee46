"""Customer files: contacts sealed, consents with their proof, both kinds of layout."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation
from django_tenants.utils import tenant_context

from analytics.sources.models import ImportJob
from analytics.sources.services import import_file
from tenants.customers.models import ContactPoint, Customer
from tenants.customers.sealing import Vault
from tenants.customers.selectors import customers_found_by
from tenants.privacy.models import AdPermission, ConsentRecord, Suppression
from tenants.tenancy.models import Tenant
from tests.factories.consents import trust

CONTACTS = (
    "CustomerID,FirstName,LastName,Email,Country,TimeZone,RegisteredAt\n"
    "u1,Anna,Smith,anna@example.com,France,Europe/Paris,2026-01-01\n"
    "u2,Ben,Jones,ben@example.com,,,2026-01-01\n"
    "u3,Bad,Mail,not an address,,,2026-01-01\n"
    "u4,Bad,Zone,zoe@example.com,,Mars/Olympus,2026-01-01\n"
)
DOCUMENTS = (
    "CustomerID,Document,Purpose,Channel,Address,Status,GivenAt,WithdrawnAt,Method\n"
    "u1,PD_CONSENT,PROMO_DIRECT,,,ACTIVE,2026-01-01 10:00:00,,AUTH_SESSION\n"
    "u1,AD_PERMISSION,,EMAIL,anna@example.com,ACTIVE,2026-01-01 10:00:00,,AUTH_SESSION\n"
    "u2,AD_PERMISSION,,EMAIL,ben@example.com,WITHDRAWN,2026-01-01 10:00:00,2026-02-01,"
    "AUTH_SESSION\n"
    "u2,CONTRACT,,,,ACTIVE,2026-01-01,,\n"
    "u2,AD_PERMISSION,,PIGEON,ben@example.com,ACTIVE,2026-01-01,,\n"
    "u2,AD_PERMISSION,,EMAIL,,ACTIVE,2026-01-01,,\n"
    "u2,PD_CONSENT,,,,ACTIVE,someday,,\n"
)


@pytest.fixture
def load(acme: Tenant, tmp_path: Path) -> Any:
    def load(text: str, **options: Any) -> ImportJob:
        file = tmp_path / "people.csv"
        file.write_text(text, encoding="utf-8")
        is_check = options.pop("is_check", False)
        return import_file(path=file, kind="customers", options=options, is_check=is_check)

    with translation.override("en"):
        yield load


def test_contacts_are_loaded_and_found(load: Any, beta: Tenant) -> None:
    job = load(CONTACTS)
    assert (job.report["rows"], job.report["added"], job.rows_rejected) == (4, 2, 2)
    assert job.report["rejected"] == {"bad_email": 1, "bad_timezone": 1}
    customer = customers_found_by("anna@example.com").get()
    assert (customer.timezone, customer.attributes) == ("Europe/Paris", {"country": "France"})
    with tenant_context(beta):
        assert Customer.objects.count() == 0


def test_no_personal_value_stays_beside_the_sealed_ones(load: Any) -> None:
    from django.core.files.storage import default_storage

    job = load(CONTACTS)
    assert not default_storage.exists(job.file_path)
    kept = json.dumps([job.settings, job.report], ensure_ascii=False)
    for value in ("anna@example.com", "Anna", "Smith", "not an address"):
        assert value not in kept
    assert "Europe/Paris" in kept  # what is safe to show is shown


def test_the_same_file_again_changes_nothing(load: Any) -> None:
    load(CONTACTS)
    before = list(ContactPoint.objects.order_by("id").values())
    job = load(CONTACTS)
    assert (job.report["added"], job.report["changed"], job.report["same"]) == (0, 0, 2)
    assert list(ContactPoint.objects.order_by("id").values()) == before


def test_a_check_writes_nothing(load: Any) -> None:
    job = load(CONTACTS, is_check=True)
    assert (job.status, job.report["added"]) == ("checked", 2)
    assert Customer.objects.count() == 0


def test_documents_become_consents_and_stops(load: Any, acme: Tenant) -> None:
    trust(acme, "import")
    load(CONTACTS)
    job = load(DOCUMENTS, zone="UTC")
    assert job.report["rejected"] == {
        "bad_document": 1, "bad_channel": 1, "no_address": 1, "bad_date": 1,
    }  # fmt: skip
    assert (job.report["consents"], job.report["withdrawn"]) == (2, 1)
    consent = ConsentRecord.objects.get()
    assert consent.details == {"row": 2, "method": "AUTH_SESSION", "source": "import"}
    assert (consent.batch, consent.evidence_id is None) == (job.public_id, False)
    permission = AdPermission.objects.get(status="ACTIVE")
    assert bytes(permission.address_hmac) == Vault(acme).email_hmac("anna@example.com")
    assert (permission.identity_proof, permission.given_at.isoformat()) == (
        "AUTH_SESSION", "2026-01-01T10:00:00+00:00",
    )  # fmt: skip
    assert bytes(Suppression.objects.get().address_hmac) == Vault(acme).email_hmac(
        "ben@example.com"
    )
    again = load(DOCUMENTS, zone="UTC")
    assert (again.report["consents"], again.report["withdrawn"], again.report["kept_consents"]) == (
        0, 0, 3,
    )  # fmt: skip


def test_consents_as_columns_with_dates(load: Any, acme: Tenant) -> None:
    trust(acme, "import")
    job = load(
        "id;Имя;Email;Телефон;Согласие ПДн;Согласие на рассылку;Способ\n"
        "1;Анна;anna@example.com;8 916 123-45-67;01.03.2026;01.03.2026;DOI_EMAIL\n"
        "2;Борис;boris@example.com;;;;\n"
    )
    assert job.rows_rejected == 0
    assert (job.report["consents"], job.report["unproved"]) == (2, 0)
    assert ConsentRecord.objects.get().purpose == "PROMO_DIRECT"
    assert AdPermission.objects.get().identity_proof == "DOI_EMAIL"


def test_customers_and_orders_meet_by_the_id_of_one_source(load: Any, tmp_path: Path) -> None:
    load(CONTACTS)
    orders = tmp_path / "orders.csv"
    orders.write_text("order,date,qty,price,CustomerID\n1,2026-03-01,1,5,u1\n2,2026-03-01,1,5,u9\n")
    job = import_file(path=orders)
    assert (job.report["known_customers"], job.report["new_customers"]) == (1, 1)
    assert Customer.objects.count() == 3
