"""The whole job through the screens, as plain forms and as fragments."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django_tenants.utils import schema_context

from campaigns.broadcasts.models import Broadcast
from campaigns.channels.contracts import OutgoingEmail, Sent
from campaigns.channels.models import EmailTemplate, SeedAddress
from campaigns.delivery import services as sending
from tenants.accounts.contracts import Role
from tenants.tenancy.models import Tenant
from tests.factories.accounts import client_of, make_user
from tests.factories.campaigns import FakeChannel, make_broadcast, make_people, make_template


@pytest.fixture
def client(acme: Tenant) -> Client:
    return client_of(acme, Role.CLIENT_MARKETER)


@pytest.fixture
def draft(acme: Tenant) -> Broadcast:
    make_people(1, 200)
    return make_broadcast(name="Spring sale")


def text(response: Any) -> str:
    body: str = response.content.decode()
    return re.sub(r"\s+", " ", body)


def url(broadcast: Broadcast, action: str = "") -> str:
    return f"/broadcasts/{broadcast.public_id}/{action}"


def numbers(page: str) -> list[int]:
    found = re.findall(r'<div class="v">−?([\d\s\u202f]+)</div>', page)
    return [int(re.sub(r"\D", "", each)) for each in found]


def test_an_empty_list_says_what_to_do(client: Client) -> None:
    page = text(client.get("/broadcasts/"))
    assert "/broadcasts/new/" in page
    assert "<table" not in page


def test_a_draft_is_made_checked_confirmed_and_sent_without_scripts(
    acme: Tenant, client: Client
) -> None:
    make_people(1, 200)
    ready = make_broadcast(name="Template of values")
    values = {
        "name": "Autumn", "segment": ready.segment_id, "template": ready.template_id,
        "sender": ready.sender_id, "control_percent": 20, "window_days": 7,
        "content_cost": "1500.50", "hypothesis": "They come back",
    }  # fmt: skip
    answer = client.post("/broadcasts/new/", values)
    made = Broadcast.objects.get(name="Autumn")
    assert (answer.status_code, answer["Location"]) == (302, url(made))
    assert (made.control_bp, made.window_days, made.content_cost) == (2000, 7, 150_050)
    page = text(client.get(url(made)))
    counted = numbers(page)
    assert counted == [200, 20, 36, 144]  # segment, global, own control, letters
    assert f'href="{url(made, "start/")}"' in page
    confirm = text(client.get(url(made, "start/")))
    assert 'name="expected" value="144"' in confirm
    answer = client.post(url(made, "start/"), {"expected": "144"})
    assert answer["Location"] == url(made)
    live = text(client.get(url(made)))
    assert 'hx-trigger="every 2s"' in live
    assert url(made, "pause/") in live
    channel = FakeChannel()
    with schema_context("public"):
        sending.work(channel, seconds=20)
    assert len(channel.sent) == 144
    done = text(client.get(url(made)))
    assert "every 2s" not in done
    assert f'href="{url(made, "result/")}"' in done
    listed = text(client.get("/broadcasts/?status=sent"))
    assert "Autumn" in listed
    assert "Template of values" not in listed


def test_the_progress_alone_is_sent_to_htmx(client: Client, draft: Broadcast) -> None:
    client.get(url(draft, "start/"))
    shown = Broadcast.objects.get().estimate["will_receive"]
    client.post(url(draft, "start/"), {"expected": shown})
    fragment = text(client.get(url(draft), headers={"HX-Request": "true"}))
    assert fragment.lstrip().startswith('<div id="progress"')
    assert "<html" not in fragment
    table = text(client.get("/broadcasts/?q=spring", headers={"HX-Request": "true"}))
    assert "<html" not in table
    assert "Spring sale" in table


def test_numbers_that_changed_are_shown_again_instead_of_sending(
    client: Client, draft: Broadcast
) -> None:
    answer = client.post(url(draft, "start/"), {"expected": "1"})
    assert answer.status_code == 200
    assert 'name="expected" value="162"' in text(answer)
    assert Broadcast.objects.get().status == "draft"


def test_pause_resume_and_cancel_by_buttons(client: Client, draft: Broadcast) -> None:
    client.post(url(draft, "start/"), {"expected": "162"})
    client.post(url(draft, "pause/"))
    assert Broadcast.objects.get().status == "paused"
    assert url(draft, "resume/") in text(client.get(url(draft)))
    client.post(url(draft, "resume/"))
    assert Broadcast.objects.get().status == "sending"
    question = text(client.get(url(draft, "cancel/")))
    assert ">200<" in question
    assert Broadcast.objects.get().status == "sending"
    client.post(url(draft, "cancel/"))
    assert Broadcast.objects.get().status == "cancelled"
    page = text(client.get(url(draft)))
    assert url(draft, "pause/") not in page
    again = client.post(url(draft, "resume/"), follow=True)
    assert Broadcast.objects.get().status == "cancelled"
    assert "ban" in text(again)


def test_the_advised_control_group_is_one_press(client: Client, draft: Broadcast) -> None:
    client.post(url(draft, "control/"), {"percent": "30"})
    broadcast = Broadcast.objects.get()
    assert broadcast.control_bp == 3000
    assert broadcast.estimate["reasons"]["C_LOCAL"] == 54
    client.post(url(draft, "control/"), {"percent": "70"})
    assert Broadcast.objects.get().control_bp == 3000


def test_the_reasons_can_be_taken_away(client: Client, draft: Broadcast) -> None:
    client.post(url(draft, "estimate/"))
    answer = client.get(url(draft, "audience.csv"))
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert [line.split(";")[0] for line in lines[1:]] == ["C_GLOBAL", "C_LOCAL"]
    assert [line.split(";")[2] for line in lines[1:]] == ["20", "18"]


def test_the_agency_previews_as_invented_people_and_the_client_as_its_own(
    acme: Tenant, client: Client, draft: Broadcast
) -> None:
    client.post(url(draft, "estimate/"))
    answer = client_of(acme, Role.AGENCY_MARKETER).get(url(draft, "preview/?n=1"))
    assert answer["Content-Security-Policy"].startswith("sandbox ")
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert "Hello, Иван!" in text(answer)
    own = client_of(acme, Role.CLIENT_MARKETER)
    assert "Hello, Name4!" in text(own.get(url(draft, "preview/?n=3")))
    assert "Hello, Name1!" in text(own.get(url(draft, "preview/?n=9999")))
    assert "/c/" not in text(answer)
    assert "/o/" not in text(answer)


def test_a_letter_that_cannot_be_sent_is_said_and_not_offered(acme: Tenant, client: Client) -> None:
    make_people(1, 10)
    broadcast = make_broadcast(template=make_template(html="<p>No footer</p>"))
    client.post(url(broadcast, "estimate/"))
    page = text(client.get(url(broadcast)))
    assert f'href="{url(broadcast, "start/")}"' not in page
    assert client.get(url(broadcast, "preview/")).status_code == 422


def test_a_wrong_form_keeps_what_was_typed(client: Client) -> None:
    answer = client.post(
        "/broadcasts/new/", {"name": "Half done", "control_percent": 99, "window_days": 7}
    )
    assert answer.status_code == 422
    assert 'value="Half done"' in text(answer)
    assert 'value="99"' in text(answer)
    assert not Broadcast.objects.exists()


def test_a_started_broadcast_is_not_edited(client: Client, draft: Broadcast) -> None:
    client.post(url(draft, "start/"), {"expected": "162"})
    assert client.get(url(draft, "edit/"))["Location"] == url(draft)
    client.post(url(draft, "delete/"))
    assert Broadcast.objects.count() == 1


def test_viewers_look_and_cannot_act(acme: Tenant, draft: Broadcast) -> None:
    viewer = client_of(acme, Role.VIEWER)
    page = text(viewer.get(url(draft)))
    for action in ("start/", "edit/", "test/", "delete/", "estimate/"):
        assert url(draft, action) not in page
    assert viewer.get(url(draft, "start/")).status_code == 403
    assert viewer.post(url(draft, "test/")).status_code == 403


def test_a_broadcast_of_another_company_is_not_found(beta: Tenant, draft: Broadcast) -> None:
    stranger = client_of(beta, Role.CLIENT_MARKETER)
    assert stranger.get(url(draft)).status_code == 404
    assert stranger.post(url(draft, "start/")).status_code == 404


class _Server:
    """Takes the place of the mail server."""

    def __init__(self) -> None:
        self.letters: list[OutgoingEmail] = []

    def send_many(self, messages: Any) -> Any:
        for message in messages:
            self.letters.append(message)
            yield message.message_id, Sent()

    def close(self) -> None:
        """Nothing to close."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> _Server:
    server = _Server()
    monkeypatch.setattr("campaigns.broadcasts.testing.open_adapter", lambda *_: server)
    return server


def test_a_test_letter_goes_to_the_test_list_only(
    acme: Tenant, draft: Broadcast, server: _Server, django_capture_on_commit_callbacks: Any
) -> None:
    user = make_user(acme, Role.AGENCY_MARKETER)
    client = client_of(acme, user=user)
    client.post(url(draft, "estimate/"))
    SeedAddress.objects.create(email="qa@acme.example")
    for address in (user.email, "qa@acme.example", "stranger@example.com", ""):
        with django_capture_on_commit_callbacks(execute=True):
            client.post(url(draft, "test/"), {"address": address, "n": "0"})
    assert [letter.to.email for letter in server.letters] == ["qa@acme.example"]
    letter = server.letters[0]
    assert "Анна" in letter.html  # an invented reader: the agency pages through nobody's letters
    assert letter.subject.endswith("Sale for Анна")
    assert letter.unsubscribe_url.startswith(f"{settings.PUBLIC_SCHEME}://acme.")
    stop = client.post(letter.unsubscribe_url.partition("cvm.localhost")[2])
    assert stop.status_code == 200


def test_the_archive_keeps_a_letter_out_of_the_choice(acme: Tenant, client: Client) -> None:
    make_template(name="Old one", is_archived=True)
    make_template(name="New one")
    page = text(client.get("/broadcasts/new/"))
    assert "New one" in page
    assert "Old one" not in page
    assert EmailTemplate.objects.count() == 2
