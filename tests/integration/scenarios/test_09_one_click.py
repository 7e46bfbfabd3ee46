"""Given a delivered e-mail,
When a POST with `List-Unsubscribe=One-Click` arrives without cookies, Then the response is 2xx
without redirect, permission is REVOKED, and a repeated POST gives the same result;
When a GET arrives, Then nothing changes.
"""

from django.test import Client
from django_tenants.utils import schema_context, tenant_context

from campaigns.delivery.services import work
from tenants.privacy.models import AdPermission, StopEvent
from tenants.tenancy.models import Tenant
from tests.factories.accounts import host_of
from tests.factories.campaigns import FakeChannel, make_dispatch, make_people


def test_one_click_without_cookies(acme: Tenant, beta: Tenant) -> None:
    make_people(1, 1)
    make_dispatch()
    channel = FakeChannel()
    with schema_context("public"):
        work(channel, seconds=30)
    path = "/" + channel.sent[0].unsubscribe_url.split("/", 3)[3]
    client = Client(enforce_csrf_checks=True, headers={"host": host_of(acme)})
    assert client.get(path).status_code == 200
    with tenant_context(acme):
        assert AdPermission.objects.get().status == "ACTIVE"
    body = {"List-Unsubscribe": "One-Click"}
    stranger = Client(enforce_csrf_checks=True, headers={"host": host_of(beta)})
    assert stranger.post(path, body).status_code == 404
    for _again in range(2):
        answer = client.post(path, body)
        assert (answer.status_code, answer.cookies) == (200, {})
    with tenant_context(acme):
        assert AdPermission.objects.get().status == "REVOKED"
        assert StopEvent.objects.count() == 1
