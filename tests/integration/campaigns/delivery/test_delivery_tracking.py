"""Addresses in messages: signed, without login, nowhere else, and a stop that is at once a stop."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django_tenants.utils import schema_context, tenant_context

from analytics.events.models import Event
from campaigns.channels.tracking import Purpose, Tracked
from campaigns.delivery import reactions, selectors, services
from campaigns.delivery.addresses import tracker_of
from campaigns.delivery.models import Dispatch, Message
from cvm_platform.common import clock
from tenants.customers.models import ContactPoint
from tenants.privacy.models import AdPermission, StopEvent, Suppression
from tenants.tenancy.models import Tenant
from tests.factories.campaigns import HTML, FakeChannel, make_dispatch, make_people

HOST = "acme.cvm.localhost"
LINKS = HTML.replace(
    "<p>Hello",
    '<p><a href="https://shop.example/city?c={{ customer.city }}">City</a>'
    '<a href="{{ customer.first_name }}">Own</a></p><p>Hello',
)


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    cache.clear()


@pytest.fixture
def message(acme: Tenant) -> Any:
    """One message to customer 1, sent an hour ago."""
    make_people(1, 1)
    make_dispatch(html=LINKS)
    channel = FakeChannel()
    with schema_context("public"):
        services.work(channel, seconds=10)
    Message.objects.update(sent_at=clock.now() - timedelta(hours=1))
    return channel.sent[0]


def get(url: str, **headers: str) -> Any:
    return Client(headers=headers).get(url.partition(HOST)[2], headers={"host": HOST})


def links(message: Any) -> list[str]:
    return [unescape(url) for url in re.findall(r'href="([^"]+/c/[^"]+)"', message.html)]


def kinds() -> list[str]:
    found = Event.objects.exclude(kind="sent").order_by("ts", "kind")
    return list(found.values_list("kind", flat=True))


def test_the_pixel_counts_one_open_an_hour(acme: Tenant, message: Any) -> None:
    url = unescape(re.findall(r'src="([^"]+\.gif)"', message.html)[0])
    for _again in range(3):
        answer = get(url)
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/gif")
        assert answer["Cache-Control"] == "no-store, private"
    event = Event.objects.get(kind="open")
    assert (event.customer_id, event.subject_id, event.properties) == (
        1, Dispatch.objects.get().pk, {},
    )  # fmt: skip
    cache.clear()  # another process, an empty cache: the key of the event holds
    get(url)
    assert kinds() == ["open"]


def test_an_open_right_after_sending_is_marked(acme: Tenant, message: Any) -> None:
    Message.objects.update(sent_at=clock.now())
    get(unescape(re.findall(r'src="([^"]+\.gif)"', message.html)[0]))
    assert Event.objects.get(kind="open").properties == {"prefetch": True}


@pytest.mark.parametrize("token", ["x", "A" * 48, "é" * 48])
def test_a_wrong_pixel_is_still_a_picture_and_counts_nothing(acme: Tenant, token: str) -> None:
    assert get(f"http://{HOST}/o/{token}.gif").status_code == 200
    assert kinds() == []


def test_a_click_leads_to_the_link_and_counts(acme: Tenant, message: Any) -> None:
    city, _own, sale = links(message)
    answer = get(sale)
    assert (answer.status_code, answer["Location"]) == (302, "https://shop.example/sale")
    assert (
        get(city)["Location"] == "https://shop.example/city?c=%D0%9C%D0%BE%D1%81%D0%BA%D0%B2%D0%B0"
    )
    get(sale)  # within ten seconds: the same click
    events = Event.objects.filter(kind="click").order_by("ts")
    assert [event.properties for event in events] == [{"link": 2}, {"link": 0}]


def test_a_robot_s_click_says_so(acme: Tenant, message: Any) -> None:
    Client(headers={"user-agent": "Googlebot/2.1"}).get(
        links(message)[2].partition(HOST)[2], headers={"host": HOST}
    )
    assert Event.objects.get(kind="click").properties == {"link": 2, "robot": True}


@pytest.mark.parametrize(
    "change",
    [
        lambda url: url.replace("/c/", "/c/A", 1),
        lambda url: re.sub(r"/\d+(\?|$)", r"/99\1", url),
        lambda url: re.sub(r"/\d+(\?.*)?$", "/1?u=https://evil.example/&s=1.AAAAAAAAAAAAAAAA", url),
        lambda url: re.sub(r"/\d+(\?.*)?$", "/1?u=https://evil.example/", url),
    ],
)
def test_no_address_leads_elsewhere(acme: Tenant, message: Any, change: Any) -> None:
    assert get(change(links(message)[0])).status_code == 404
    assert "click" not in kinds()


def test_an_addition_cannot_change_the_host(acme: Tenant, message: Any) -> None:
    url = re.sub(r"\?.*$", "?u=@evil.example/", links(message)[0])
    assert get(url)["Location"] == "https://shop.example/city?c=@evil.example/"


def test_looking_at_the_refusal_page_changes_nothing(acme: Tenant, message: Any) -> None:
    answer = get(message.unsubscribe_url)
    assert answer.status_code == 200
    assert b'<form method="post"' in answer.content
    assert b"csrf" not in answer.content.split(b"<main", 1)[1].split(b"</main", 1)[0]
    with tenant_context(acme):
        assert AdPermission.objects.get().status == "ACTIVE"
    assert not StopEvent.objects.exists()


def test_one_click_stops_at_once_without_cookies_or_redirect(acme: Tenant, message: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    path = message.unsubscribe_url.partition(HOST)[2]
    for _again in range(2):
        answer = client.post(path, {"List-Unsubscribe": "One-Click"}, headers={"host": HOST})
        assert (answer.status_code, answer.content) == (200, b"OK")
    assert AdPermission.objects.get().status == "REVOKED"
    assert Suppression.objects.count() == 1
    stop = StopEvent.objects.get()
    assert (stop.source, stop.kind, stop.customer_id) == ("ONE_CLICK", "CHANNEL_UNSUBSCRIBE", 1)
    assert kinds() == ["unsubscribe"]
    dispatch = make_dispatch()
    assert selectors.dispatch_counts(dispatch.pk).audience == 1
    with schema_context("public"):
        services.work(FakeChannel(), seconds=10)
    assert selectors.dispatch_counts(dispatch.pk).reasons == {"B_AD_PERMISSION": 1}


def test_the_button_of_the_page_stops_too_and_says_so(acme: Tenant, message: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    path = message.unsubscribe_url.partition(HOST)[2]
    answer = client.post(path, {"confirm": "1"}, headers={"host": HOST})
    assert answer.status_code == 200
    assert b"<form" not in answer.content.split(b"<section", 1)[1]
    assert StopEvent.objects.get().source == "LINK"


def test_a_changed_address_still_stops_every_address_permitted(acme: Tenant, message: Any) -> None:
    ContactPoint.objects.all().delete()
    client = Client()
    client.post(message.unsubscribe_url.partition(HOST)[2], headers={"host": HOST})
    assert AdPermission.objects.get().status == "REVOKED"


def test_stopping_works_while_the_company_is_suspended(acme: Tenant, message: Any) -> None:
    acme.status = Tenant.Status.SUSPENDED
    with schema_context("public"):
        acme.save()
    answer = Client().post(message.unsubscribe_url.partition(HOST)[2], headers={"host": HOST})
    assert answer.status_code == 200
    with tenant_context(acme):
        assert AdPermission.objects.get().status == "REVOKED"


def test_tokens_open_only_their_own_door_and_tenant(
    acme: Tenant, beta: Tenant, message: Any
) -> None:
    tracked = Tracked(acme.pk, Dispatch.objects.get().pk, 1)
    token = tracker_of(acme).urls(tracked).open_url.rpartition("/")[2].removesuffix(".gif")
    assert reactions.read_token(token, Purpose.OPEN) == tracked
    assert reactions.read_token(token, Purpose.UNSUBSCRIBE) is None
    answer = Client().post(f"/u/{token}", headers={"host": HOST})
    assert answer.status_code == 404
    path = message.unsubscribe_url.partition(HOST)[2]
    assert Client().post(path, headers={"host": "beta.cvm.localhost"}).status_code == 404
    with tenant_context(beta):
        assert not StopEvent.objects.exists()
    with tenant_context(acme):
        assert AdPermission.objects.get().status == "ACTIVE"
