"""Customers, events and orders: what goes in is what is there, once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from analytics.events.models import CustomerStats, Event, Order, RejectedEvent
from cvm_platform.common import clock
from tenants.customers.models import ContactPoint, Customer
from tenants.privacy.models import AdPermission, ConsentRecord, Evidence
from tenants.tenancy.models import Tenant
from tests.factories.api import ApiClient
from tests.factories.consents import published

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def api(acme: Tenant) -> ApiClient:
    return ApiClient(acme)


def make_customer(api: ApiClient, **changed: Any) -> Customer:
    body = {"external_id": "c1", "email": "Olga@Mail.example", "phone": "8 921 000-00-01",
            "first_name": "Ольга", "city": "Тверь", **changed}  # fmt: skip
    assert api.post("customers/", {"customers": [body]}).status_code == 200
    return Customer.objects.latest("id")


def test_a_customer_with_consents_goes_in_and_no_personal_value_comes_out(
    api: ApiClient, acme: Tenant
) -> None:
    texts, shown = published(acme), {"form_url": "https://shop.example/news", "ip": "192.0.2.1"}
    consents = [
        {"document": "PD_CONSENT", "purpose": "PROMO_DIRECT", "given_at": NOW,
         "text": str(texts["PROMO_DIRECT"].public_id), "evidence": shown},
        {"document": "AD_PERMISSION", "channel": "EMAIL", "given_at": NOW, "method": "DOI_EMAIL",
         "text": str(texts["EMAIL"].public_id), "evidence": shown},
    ]  # fmt: skip
    customer = make_customer(api, consents=consents)
    assert ConsentRecord.objects.get().status == "ACTIVE"
    permission = AdPermission.objects.get()
    kept = Evidence.objects.get(pk=permission.evidence_id)
    assert (kept.text_sha256, kept.details) == (texts["EMAIL"].body_sha256, shown)
    assert (permission.status, permission.identity_proof) == ("ACTIVE", "DOI_EMAIL")
    assert permission.address_hmac == ContactPoint.objects.get(kind="email").address_hmac
    text = api.get(f"customers/{customer.public_id}/").content.decode()
    assert "Тверь" in text
    for secret in ("Ольга", "olga", "Olga", "+7921", "mail.example"):
        assert secret not in text


def test_bad_rows_are_reported_by_index_and_the_others_are_taken(api: ApiClient) -> None:
    response = api.post(
        "customers/",
        {"customers": [{"external_id": "a"}, {"email": "no at"}, {"city": "Тверь"},
                       {"external_id": "b", "consents": [
                           {"document": "AD_PERMISSION", "channel": "SMS", "given_at": NOW}]}]},
    )  # fmt: skip
    body = response.json()
    assert (body["received"], body["created"]) == (4, 2)
    assert [(row["index"], row["code"]) for row in body["problems"]] == [
        (1, "bad_email"), (2, "nobody"), (3, "permission_without_address"),
    ]  # fmt: skip
    assert Customer.objects.count() == 2


def event(**changed: Any) -> dict[str, Any]:
    return {"customer": {"external_id": "c1"}, "name": "visit", "ts": NOW, **changed}


@pytest.mark.parametrize(
    "who",
    [{"external_id": "c1"}, {"email": "OLGA@mail.example"}, {"phone": "+79210000001"}],
    ids=["external", "email", "phone"],
)
def test_an_event_finds_its_customer(api: ApiClient, who: dict[str, str]) -> None:
    customer = make_customer(api)
    body = api.post("events/", {"events": [event(customer=who)]}).json()
    assert (body["received"], body["added"], body["rejected"]) == (1, 1, {})
    assert Event.objects.get().customer_id == customer.pk
    assert CustomerStats.objects.get(customer_id=customer.pk).last_visit_at == NOW


def test_a_repeated_event_is_counted_and_dropped(api: ApiClient) -> None:
    make_customer(api)
    later = NOW - timedelta(hours=1)
    sent = {"events": [event(key="e1"), event(key="e1", ts=later), event(key="e2")]}
    first, second = api.post("events/", sent).json(), api.post("events/", sent).json()
    assert (first["added"], first["repeated"]) == (2, 1)
    assert (second["added"], second["repeated"]) == (0, 3)
    assert Event.objects.count() == 2


def test_an_unknown_customer_and_a_far_time_go_to_quarantine(api: ApiClient) -> None:
    make_customer(api)
    far = event(ts=clock.now() + timedelta(days=4000))
    body = api.post("events/", {"events": [event(customer={"external_id": "x"}), far]}).json()
    assert body["added"] == 0
    assert sum(body["rejected"].values()) == 2
    assert len(body["rejected"]) == 2
    assert RejectedEvent.objects.count() == 2
    assert Event.objects.count() == 0


def order(**changed: Any) -> dict[str, Any]:
    return {"external_id": "o1", "ts": NOW, "customer": {"external_id": "c1"},
            "lines": [{"product": "p1", "quantity": 2, "price": 50_000, "cost": 40_000}],
            **changed}  # fmt: skip


def test_an_order_is_added_replaced_and_never_doubled(api: ApiClient) -> None:
    customer = make_customer(api)
    assert api.post("orders/", {"orders": [order()]}).json()["added"] == 1
    assert api.post("orders/", {"orders": [order()]}).json()["added"] == 0
    bigger = order(lines=[{"product": "p1", "quantity": 3, "price": 50_000, "cost": 60_000}])
    assert api.post("orders/", {"orders": [bigger]}).json()["changed"] == 1
    stored = Order.objects.get()
    assert (stored.revenue, stored.cost, stored.margin) == (150_000, 60_000, 90_000)
    stats = CustomerStats.objects.get(customer_id=customer.pk)
    assert (stats.orders, stats.revenue, stats.margin) == (1, 150_000, 90_000)
    assert Event.objects.filter(kind="order").count() == 1


def test_an_order_of_nobody_counts_in_totals_only(api: ApiClient) -> None:
    assert api.post("orders/", {"orders": [order(customer=None)]}).json()["added"] == 1
    assert Order.objects.get().customer_id is None
    assert Event.objects.count() == 0
    assert api.get("orders/").json()["results"][0]["customer"] is None


def test_lists_can_be_narrowed_to_a_customer(api: ApiClient) -> None:
    customer = make_customer(api)
    make_customer(api, external_id="c2", email="b@mail.example", phone="")
    api.post("events/", {"events": [event(), event(customer={"external_id": "c2"})]})
    rows = api.get("events/", customer=str(customer.public_id)).json()["results"]
    assert [row["customer"] for row in rows] == [str(customer.public_id)]
    assert api.get("events/", customer="nonsense").status_code == 422
    assert api.get("events/", name="order").json()["results"] == []


def test_two_tenants_do_not_see_each_other(api: ApiClient, beta: Tenant) -> None:
    customer = make_customer(api)
    api.post("orders/", {"orders": [order()]})
    with tenant_context(beta):
        other = ApiClient(beta)
        assert other.get("customers/").json()["results"] == []
        assert other.get("orders/").json()["results"] == []
        assert other.get(f"customers/{customer.public_id}/").status_code == 404
        body = other.post("events/", {"events": [event()]}).json()
        assert (body["added"], sum(body["rejected"].values())) == (0, 1)
    assert Event.objects.filter(kind="visit").count() == 0
