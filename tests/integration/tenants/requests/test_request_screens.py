"""The desk, a request and the public form, over HTTP: masked, guarded, isolated."""

import json
import re
import uuid
from typing import Any

import pytest
from django.core import mail
from django_tenants.utils import tenant_context

from tenants.accounts.contracts import Role
from tenants.accounts.permissions import allowed
from tenants.audit.models import ProcessingEntry
from tenants.privacy.models import AdPermission
from tenants.requests import services
from tenants.requests.contracts import Type
from tenants.requests.models import RequestFile, SubjectRequest
from tenants.tenancy.models import Tenant
from tests.factories.accounts import client_of
from tests.factories.api import ApiClient
from tests.factories.campaigns import email_of, make_people
from tests.factories.requests import OFFICER, make_request

SECRET = "Секретная Фамилия"
AGENCY = [Role.AGENCY_DPO, Role.AGENCY_OPERATOR]


@pytest.fixture
def asked(acme: Tenant) -> SubjectRequest:
    from tenants.requests.contracts import Applicant

    [customer] = make_people(1, 1)
    said = Applicant(name=SECRET, email="secret@example.org", text="Тайный текст")
    return make_request(Type.ACCESS_14, customer, applicant=said)


def page(client: Any, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return str(response.content.decode())


@pytest.mark.parametrize("role", list(Role))
def test_who_sees_what(acme: Tenant, asked: SubjectRequest, role: Role) -> None:
    client, path = client_of(acme, role), f"/privacy/requests/{asked.public_id}/"
    if not allowed(role, "requests.view"):
        assert {client.get(each).status_code for each in ("/privacy/", path)} == {403}
        return
    text = page(client, "/privacy/") + page(client, path)
    sees = allowed(role, "customers.personal")
    assert (SECRET in text) == sees
    assert ("secret@example.org" in text) == sees
    assert (email_of(1) in text) == sees
    answer = client.post(f"{path}do/answer/", {})
    assert answer.status_code == (422 if role == Role.CLIENT_DPO else 403)


def test_the_neighbour_sees_nothing(acme: Tenant, beta: Tenant, asked: SubjectRequest) -> None:
    client = client_of(beta, Role.CLIENT_DPO)
    assert f"№ {asked.pk}" not in page(client, "/privacy/")
    path = f"/privacy/requests/{asked.public_id}/"
    assert client.get(path).status_code == 404
    assert client.post(f"{path}do/file/", {"kind": "access"}).status_code == 404
    with tenant_context(beta):
        assert not SubjectRequest.objects.exists()


@pytest.mark.parametrize("role", AGENCY)
def test_the_agency_writes_down_and_hands_over(acme: Tenant, role: Role) -> None:
    make_people(1, 1)
    client_of(acme, Role.CLIENT_DPO)  # somebody to hand it to
    client = client_of(acme, role)
    found = client.post("/privacy/requests/find/", {"who": email_of(1)}).content.decode()
    assert email_of(1) not in found
    [link] = re.findall(r"/privacy/requests/new/\?customer=[0-9a-f-]+", found)
    values = {
        "kind": "STOP_PROMO_15_2", "received_at": "2026-11-02T10:00", "channel": "PHONE",
        "forward_now": "on",
    }  # fmt: skip
    assert client.post(link, values).status_code == 302
    made = SubjectRequest.objects.get()
    assert (made.party, made.customer_id) == ("PROCESSOR", 1)
    assert made.forwarded_at is not None
    assert not AdPermission.objects.filter(status="ACTIVE").exists()


def test_a_package_holds_one_person_and_is_taken_by_the_officer_alone(
    acme: Tenant, django_capture_on_commit_callbacks: Any
) -> None:
    one, other = make_people(1, 2)
    request = make_request(Type.ACCESS_14, one)
    with django_capture_on_commit_callbacks(execute=True):
        services.ask_file(request=request, kind="access", actor=OFFICER)
    files = {row.format: row for row in RequestFile.objects.all()}
    assert {row.status for row in files.values()} == {"ready"}
    path = f"/privacy/files/{files['json'].public_id}/"
    for role in (Role.CLIENT_SUPPORT, Role.AGENCY_DPO, Role.CLIENT_ADMIN):
        assert client_of(acme, role).get(path).status_code == 403
    before = ProcessingEntry.objects.filter(action="EXPORT").count()
    response = client_of(acme, Role.CLIENT_DPO).get(path)
    body = json.loads(response.content)
    assert ProcessingEntry.objects.filter(action="EXPORT").count() == before + 1
    text = json.dumps(body, ensure_ascii=False)
    assert email_of(one) in text
    assert email_of(other) not in text
    assert f"Name{other}" not in text
    pdf = client_of(acme, Role.CLIENT_DPO).get(f"/privacy/files/{files['pdf'].public_id}/")
    assert pdf.content.startswith(b"%PDF")
    assert {section["name"] for section in body["papers"]} == {
        "operator", "purposes", "processors", "abroad", "rights", "duties",
    }  # fmt: skip


PUBLIC = {"kind": "STOP_PROMO_15_2", "name": "Анна", "email": email_of(1), "phone": "", "text": ""}


def test_a_stranger_stops_nobody_and_the_owner_of_the_address_stops_it_at_once(
    acme: Tenant, django_capture_on_commit_callbacks: Any
) -> None:
    make_people(1, 2)
    client = client_of(acme)
    with django_capture_on_commit_callbacks(execute=True):
        sent = client.post("/privacy-request/", PUBLIC)
    receipt = client.get(sent.headers["Location"]).content.decode()
    made = SubjectRequest.objects.get()
    assert f"№ {made.pk}" in receipt
    assert made.customer_id is None
    assert AdPermission.objects.filter(status="ACTIVE").count() == 2
    [letter] = mail.outbox
    [link] = re.findall(r"http://\S+(/privacy-request/confirm/\S+/)", letter.body)
    client.get(link)  # a scanner of links
    assert AdPermission.objects.filter(status="ACTIVE").count() == 2
    for _time in range(2):
        assert client.post(link).status_code == 200
    live = AdPermission.objects.filter(status="ACTIVE").values_list("customer_id", flat=True)
    assert list(live) == [2]
    assert client.get("/privacy-request/confirm/wrong/").status_code == 404


def test_the_form_says_the_same_of_known_and_unknown_and_stops_a_flood(acme: Tenant) -> None:
    make_people(1, 1)
    client = client_of(acme)
    answers = []
    for address in (email_of(1), "nobody@example.org"):
        sent = client.post("/privacy-request/", {**PUBLIC, "email": address})
        text = client.get(sent.headers["Location"]).content.decode()
        [shown] = re.findall(r"<h1>.*</p>", text, re.DOTALL)
        answers.append(re.sub(r"№ \d+", "", shown))
    assert answers[0] == answers[1]
    robot = client.post("/privacy-request/", {**PUBLIC, "website": "http://x.example"})
    assert robot.status_code == 422
    statuses = [client.post("/privacy-request/", PUBLIC).status_code for _each in range(4)]
    assert statuses[-1] == 429
    assert client.get("/privacy-policy/").status_code == 200


def test_an_integrator_writes_down_once(acme: Tenant, beta: Tenant) -> None:
    make_people(1, 1)
    api = ApiClient(acme)
    body = {
        "type": "STOP_21_5_1", "external_id": "crm-1", "received_at": "2026-11-02T10:00:00+03:00",
        "customer": {"id": str(uuid.UUID(int=1))}, "applicant": {"name": SECRET},
    }  # fmt: skip
    first, again = api.post("privacy-requests/", body), api.post("privacy-requests/", body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert SECRET not in first.content.decode()
    assert first.json()["due_at"].startswith("2026-11-17")
    path = f"privacy-requests/{first.json()['id']}/"
    assert api.get(path).status_code == 200
    assert ApiClient(beta).get(path).status_code == 404
    assert ApiClient(acme, scopes=["customers:read"]).get(path).status_code == 403
    unknown = {**body, "external_id": "crm-2", "customer": {"email": "nobody@example.org"}}
    assert api.post("privacy-requests/", unknown).status_code == 422


def test_a_leak_stands_above_the_requests_with_both_clocks(acme: Tenant) -> None:
    from datetime import timedelta

    from cvm_platform.common import clock
    from tenants.registers.models import LeakIncident

    client, now = client_of(acme, Role.CLIENT_DPO), clock.now()
    assert "72 часа" not in page(client, "/privacy/")
    LeakIncident.objects.create(
        detected_at=now, detected_by="partner", reported_by="user:1", reported_at=now,
        operator_due=now + timedelta(hours=4), primary_due=now + timedelta(hours=24),
        additional_due=now + timedelta(hours=72),
    )  # fmt: skip
    text = page(client, "/privacy/")
    assert "первое уведомление, 24 часа" in text
    assert "итоги, 72 часа" in text
