"""Given a pending e-mail permission,
When a link scanner issues GET on the confirmation URL, Then nothing is activated;
When the user presses the button, Then the status becomes ACTIVE with click time and IP in evidence.
"""

import re

from django.test import Client
from django_tenants.utils import tenant_context

from tenants.privacy.models import AdPermission, Confirmation, ConsentRecord, Evidence, Suppression
from tenants.privacy.services import stop_channel
from tenants.tenancy.models import Tenant
from tests.factories.accounts import host_of
from tests.factories.consents import published
from tests.factories.forms import letter_of, open_form


def _client(tenant: Tenant) -> Client:
    return Client(HTTP_HOST=host_of(tenant), HTTP_ACCEPT_LANGUAGE="ru")


def _fill(acme: Tenant) -> str:
    """Somebody fills in the form on the web and gets a letter; the path of its link."""
    form = open_form(acme, "PROMO_DIRECT", "EMAIL")
    texts = published(acme)
    page = _client(acme).get(f"/f/{form.public_id}/")
    assert page.status_code == 200
    assert b"checked" not in page.content
    ticked = {f"text_{texts[name].pk}": "on" for name in ("PROMO_DIRECT", "EMAIL")}
    sent = _client(acme).post(f"/f/{form.public_id}/", {"email": "a@example.org", **ticked})
    assert sent.status_code == 200
    with tenant_context(acme):
        letter = letter_of(Confirmation.objects.get())
    found = re.search(r"/confirm/[\w-]+/\w+/", letter)
    assert found is not None
    return found.group()


def test_a_scanner_confirms_nothing_and_the_owner_does(acme: Tenant, beta: Tenant) -> None:
    path = _fill(acme)
    for _scan in range(3):
        assert _client(acme).get(path).status_code == 200
    with tenant_context(acme):
        assert AdPermission.objects.get().status == "PENDING"
    assert _client(beta).post(path).status_code == 404  # a link of another company
    assert _client(acme).post(path[:-3] + "00/").status_code == 404
    assert _client(acme).post(path, REMOTE_ADDR="192.0.2.7").status_code == 200
    assert _client(acme).post(path, REMOTE_ADDR="192.0.2.8").status_code == 200  # twice is once
    with tenant_context(acme):
        permission, consent = AdPermission.objects.get(), ConsentRecord.objects.get()
        assert (permission.status, permission.identity_proof) == ("ACTIVE", "DOI_EMAIL")
        assert consent.status == "ACTIVE"
        proof = Evidence.objects.get(pk=permission.evidence_id)
        assert (proof.ip, proof.details["proof"]) == ("192.0.2.7", "DOI_EMAIL")
        assert proof.details["clicked_at"]
        shown = Evidence.objects.get(pk=proof.details["form_evidence"])
        assert [box["default"] for box in shown.controls] == [False, False]
        assert shown.text_sha256 == published(acme)["EMAIL"].body_sha256
        assert "checkbox" in shown.snapshot


def test_confirming_anew_lifts_an_older_refusal(acme: Tenant) -> None:
    path = _fill(acme)
    with tenant_context(acme):
        address = bytes(Confirmation.objects.get().address_hmac)
        stop_channel(customer_id=None, channel="EMAIL", address_hmac=b"o" * 32, source="LINK")
        Suppression.objects.update(address_hmac=address)
    assert _client(acme).post(path).status_code == 200
    with tenant_context(acme):
        assert Suppression.objects.get().until is not None
