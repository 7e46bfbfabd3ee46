"""Letters and senders on the screen: checked while written, versioned, archived."""

import re
from typing import Any

import pytest
from django.test import Client

from campaigns.channels.models import EmailTemplate, SeedAddress, SenderIdentity
from tenants.accounts.contracts import Role
from tenants.tenancy.models import Tenant
from tests.factories.accounts import client_of, make_user
from tests.factories.campaigns import HTML, SERVICE_HTML, make_sender, make_template

VALUES = {"name": "Sale", "message_class": "advertising", "subject": "Sale", "html": HTML,
          "preheader": "", "text": ""}  # fmt: skip


@pytest.fixture
def client(acme: Tenant) -> Client:
    return client_of(acme, Role.AGENCY_MARKETER)


def text(response: Any) -> str:
    body: str = response.content.decode()
    return re.sub(r"\s+", " ", body)


def test_the_starter_can_be_saved_as_it_is(client: Client) -> None:
    page = client.get("/templates/new/")
    form = page.context["form"]
    answer = client.post("/templates/new/", {**form.initial, "name": "First"})
    template = EmailTemplate.objects.get()
    assert answer["Location"] == f"/templates/{template.public_id}/"
    assert "{{ unsubscribe_url }}" in template.html


def test_problems_stand_at_their_field_with_the_line(client: Client) -> None:
    html = HTML.replace("{{ customer.first_name }}", "{{ customer.frist_name }}")
    answer = client.post("/templates/new/", {**VALUES, "html": html})
    assert answer.status_code == 422
    page = text(answer)
    assert "customer.frist_name" in page
    assert "customer.first_name" in page
    assert re.search(r'id="id_html_error">.*?1', page)
    assert not EmailTemplate.objects.exists()


def test_a_missing_footer_is_refused_for_advertising_only(client: Client) -> None:
    body = {**VALUES, "html": "<p>Your order is ready</p>"}
    assert client.post("/templates/new/", body).status_code == 422
    service = {**body, "message_class": "service", "subject": "Your order"}
    assert client.post("/templates/new/", service).status_code == 422  # nobody knows who writes
    service["html"] = SERVICE_HTML
    assert client.post("/templates/new/", service).status_code == 302


def test_a_script_is_refused(client: Client) -> None:
    body = {**VALUES, "html": HTML + "<script>alert(1)</script>"}
    assert client.post("/templates/new/", body).status_code == 422


def test_checking_shows_what_is_typed_and_saves_nothing(client: Client) -> None:
    answer = client.post("/templates/new/", {**VALUES, "check": "1"})
    assert answer.status_code == 200
    source = re.findall(r'src="(/templates/draft/[^"]+)"', text(answer))
    assert len(source) == 1
    frame = client.get(source[0])
    assert frame["Content-Security-Policy"].startswith("sandbox ")
    assert "https://shop.example/sale" in text(frame)
    assert not EmailTemplate.objects.exists()
    assert client.get("/templates/draft/unknown/").status_code == 404


def test_a_draft_preview_is_not_seen_by_a_neighbour(client: Client, beta: Tenant) -> None:
    answer = client.post("/templates/new/", {**VALUES, "check": "1"})
    source = re.findall(r'src="(/templates/draft/[^"]+)"', text(answer))[0]
    assert client_of(beta, Role.CLIENT_MARKETER).get(source).status_code == 404


def test_only_a_changed_letter_is_a_new_version(client: Client, acme: Tenant) -> None:
    template = make_template()
    path = f"/templates/{template.public_id}/"
    client.post(path, {**VALUES, "subject": template.subject, "name": "Renamed"})
    template.refresh_from_db()
    assert (template.name, template.version) == ("Renamed", 1)
    client.post(path, {**VALUES, "subject": "Other"})
    template.refresh_from_db()
    assert (template.subject, template.version) == ("Other", 2)


def test_the_archive_and_back(client: Client, acme: Tenant) -> None:
    template = make_template(name="Summer")
    path = f"/templates/{template.public_id}/archive/"
    client.post(path)
    assert "Summer" not in text(client.get("/templates/"))
    assert "Summer" in text(client.get("/templates/?show=archived"))
    client.post(path, {"restore": "1"})
    assert "Summer" in text(client.get("/templates/?q=summ"))


def test_viewers_look_at_a_letter_and_change_none(acme: Tenant) -> None:
    template = make_template()
    viewer = client_of(acme, Role.VIEWER)
    assert viewer.get("/templates/").status_code == 200
    assert viewer.get(f"/templates/{template.public_id}/preview/").status_code == 200
    assert viewer.get(f"/templates/{template.public_id}/").status_code == 403
    assert viewer.post("/templates/new/", VALUES).status_code == 403


def test_a_sender_is_saved_and_the_first_is_the_default(acme: Tenant) -> None:
    admin = client_of(acme, Role.CLIENT_ADMIN)
    values = {"name": "Shop", "email": "hello@shop.example", "organisation": "Shop LLC",
              "postal_address": "1 Street"}  # fmt: skip
    assert admin.post("/senders/new/", values).status_code == 302
    first = SenderIdentity.objects.get()
    assert first.is_default
    admin.post("/senders/new/", {**values, "name": "Second", "is_default": "on"})
    first.refresh_from_db()
    assert not first.is_default
    assert admin.post("/senders/new/", {**values, "email": "é@shop.example"}).status_code == 422
    answer = admin.post(f"/senders/{first.pk}/", {**values, "name": "Renamed"})
    assert answer.status_code == 302
    assert SenderIdentity.objects.get(pk=first.pk).name == "Renamed"
    assert admin.get("/senders/999999/").status_code == 404


def test_test_addresses_are_kept_by_those_who_manage(acme: Tenant, client: Client) -> None:
    make_sender()
    admin = client_of(acme, Role.CLIENT_ADMIN)
    admin.post("/senders/tests/", {"email": "QA@acme.example", "note": "Quality"})
    seed = SeedAddress.objects.get()
    assert seed.email == "qa@acme.example"
    assert "qa@acme.example" in text(client.get("/senders/"))
    assert client.post("/senders/tests/", {"email": "x@acme.example"}).status_code == 403
    assert admin.post("/senders/tests/", {"email": "no"}).status_code == 422
    admin.post(f"/senders/tests/{seed.pk}/remove/")
    admin.post(f"/senders/tests/{seed.pk}/remove/")
    assert not SeedAddress.objects.exists()


def test_the_list_shows_the_subject_as_a_reader_sees_it(client: Client) -> None:
    broken = make_template(subject="{{ customer.first_name }}, new")
    EmailTemplate.objects.filter(pk=broken.pk).update(subject="{{ broken")
    make_template(subject="{% if customer.first_name %}{{ customer.first_name }}, new{% endif %}")
    page = text(client.get("/templates/"))
    assert "<span>Анна, new</span>" in page
    assert "<span>{{ broken</span>" in page


def test_a_new_letter_is_shown_before_anything_is_typed(client: Client) -> None:
    source = re.findall(r'src="(/templates/draft/[^"]+)"', text(client.get("/templates/new/")))
    assert len(source) == 1
    assert "Здравствуйте, Анна!" in text(client.get(source[0]))


def test_who_may_not_edit_senders_learns_whom_to_ask(acme: Tenant, client: Client) -> None:
    keeper = make_user(acme, Role.CLIENT_ADMIN)
    assert keeper.name in text(client.get("/senders/"))
    assert keeper.name not in text(client_of(acme, Role.CLIENT_ADMIN).get("/senders/"))
