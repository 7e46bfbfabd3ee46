"""The mailbox shows a company its own letters, in a frame that can do nothing."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django_tenants.utils import schema_context, tenant_context

from campaigns.channels.contracts import Kind
from campaigns.channels.registry import open_adapter
from campaigns.delivery import selectors, services
from cvm_platform.local.catcher import Catcher, list_messages
from tenants.accounts.contracts import Role
from tenants.audit.models import ProcessingEntry
from tenants.tenancy.models import Tenant
from tests.factories.accounts import client_of
from tests.factories.campaigns import make_dispatch, make_people


@pytest.fixture
def caught(acme: Tenant, beta: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Letters of both companies, sent through the whole path into a real catcher."""
    make_people(1, 3)
    dispatch = make_dispatch()
    with tenant_context(beta):
        make_people(1, 2)
        make_dispatch()
    with Catcher(tmp_path) as catcher, schema_context("public"):
        adapter = open_adapter(Kind.EMAIL, catcher.url)
        assert services.work(adapter, seconds=20).sent == 5
        adapter.close()
    assert selectors.dispatch_counts(dispatch.pk).sent == 3
    monkeypatch.setattr(settings, "MAIL_CATCHER_DIR", str(tmp_path))
    return tmp_path


def test_only_own_letters_are_listed(acme: Tenant, caught: Path) -> None:
    client = client_of(acme, Role.CLIENT_MARKETER)
    page = client.get("/mailbox/").content.decode()
    assert sum(f"c{n}@example.com" in page for n in (1, 2, 3)) == 3
    found = {
        query: len(
            re.findall(r'href="/mailbox/\d+/"', client.get(f"/mailbox/{query}").content.decode())
        )
        for query in ("", "?q=name2", "?q=nothing")
    }
    assert found == {"": 3, "?q=name2": 1, "?q=nothing": 0}


def test_the_agency_sees_masked_addresses(acme: Tenant, caught: Path) -> None:
    page = client_of(acme, Role.AGENCY_MARKETER).get("/mailbox/").content.decode()
    assert "c1@example.com" not in page
    assert "c•••@example.com" in page


def test_a_letter_is_shown_in_a_frame_that_can_do_nothing(acme: Tenant, caught: Path) -> None:
    own = [each for each in list_messages(caught).messages if each.sender.startswith(
        f"bounce-{acme.pk}-")]  # fmt: skip
    client = client_of(acme, Role.CLIENT_MARKETER)
    page = client.get(f"/mailbox/{own[0].id}/").content.decode()
    assert f'src="/mailbox/{own[0].id}/body/"' in page
    assert "List-Unsubscribe-Post" in page
    body = client.get(f"/mailbox/{own[0].id}/body/")
    assert body["Content-Security-Policy"].startswith("sandbox ")
    assert "script-src" not in body["Content-Security-Policy"]
    assert "allow-scripts" not in body["Content-Security-Policy"]
    assert body["X-Frame-Options"] == "SAMEORIGIN"
    assert "Hello, Name" in body.content.decode()


def test_a_neighbour_s_letter_is_not_found(acme: Tenant, beta: Tenant, caught: Path) -> None:
    foreign = [each for each in list_messages(caught).messages if each.sender.startswith(
        f"bounce-{beta.pk}-")]  # fmt: skip
    assert len(foreign) == 2
    client = client_of(acme, Role.CLIENT_MARKETER)
    assert client.get(f"/mailbox/{foreign[0].id}/").status_code == 404
    assert client.get(f"/mailbox/{foreign[0].id}/body/").status_code == 404


def test_without_a_catcher_there_is_no_mailbox(
    acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "MAIL_CATCHER_DIR", "")
    assert client_of(acme, Role.CLIENT_MARKETER).get("/mailbox/").status_code == 404


def test_reading_letters_is_in_the_processing_log(acme: Tenant, caught: Path) -> None:
    ProcessingEntry.objects.all().delete()  # the sending has its own line
    mine = f"bounce-{acme.pk}-"
    own = [each for each in list_messages(caught).messages if each.sender.startswith(mine)]
    client = client_of(acme, Role.AGENCY_MARKETER)
    client.get("/mailbox/")
    client.get("/mailbox/?q=example")
    client.get(f"/mailbox/{own[0].id}/")
    client.get(f"/mailbox/{own[0].id}/body/")
    with tenant_context(acme):
        entries = ProcessingEntry.objects.order_by("id")
        lines = list(entries.values_list("action", "categories", "count"))
    assert [(action, fields) for action, fields, _count in lines] == [
        ("VIEW", ["email"]), ("SEARCH", ["email"]), ("VIEW", ["email", "letter"]),
        ("VIEW", ["letter"]),
    ]  # fmt: skip
    assert lines[0][2] == len(own)
    assert lines[2][2] == lines[3][2] == 1
