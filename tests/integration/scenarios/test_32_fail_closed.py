"""Fail closed.

Given the suppression service is down, When a campaign is due, Then it is paused and an alert is
raised; no message is sent. When it is back and the campaign is resumed, everybody gets one.
"""

from collections import Counter
from collections.abc import Iterator

import pytest
from django_tenants.utils import schema_context, tenant_context

from campaigns.channels.contracts import OutgoingEmail, Sent
from campaigns.delivery import services
from campaigns.delivery.models import Dispatch, Message
from campaigns.delivery.selectors import dispatch_counts
from campaigns.delivery.trust import watch_chains
from cvm_platform.common import bulk
from tenants.approvals.models import Task
from tenants.audit.models import Seal
from tenants.audit.services import seal_all
from tenants.privacy.models import ConsentEvent
from tenants.tenancy.models import Tenant
from tests.factories.campaigns import FakeChannel, make_dispatch, make_people

DOWN = "ALTER TABLE {0} RENAME TO away"
UP = "ALTER TABLE away RENAME TO {0}"


@pytest.fixture
def tenant(own_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tenant]:
    monkeypatch.setattr(services, "wake_workers", lambda: None)  # the worker is this test
    found = Tenant.objects.get(schema_name="acme")
    with tenant_context(found):
        make_people(1, 120)
        yield found


def work(channel: FakeChannel) -> None:
    with schema_context("public"):
        services.work(channel, seconds=30)


def assert_halted(dispatch: Dispatch, *, sent: int) -> None:
    dispatch.refresh_from_db()
    assert dispatch.status == "paused"
    assert dispatch.pause_reason
    counts = dispatch_counts(dispatch.pk)
    assert counts.adds_up
    assert (counts.sent, counts.suppressed, counts.ambiguous) == (sent, 0, 0)
    assert Task.objects.get(kind="delivery.halted").status == "open"


def assert_all_once(dispatch: Dispatch, *channels: FakeChannel) -> None:
    services.resume_dispatch(dispatch_id=dispatch.pk)
    work(channels[-1])
    got = Counter(each for channel in channels for each in channel.recipients)
    assert set(got) == set(range(1, 121))
    assert set(got.values()) == {1}
    assert dispatch_counts(dispatch.pk).sent == 120
    assert Task.objects.get(kind="delivery.halted").status == "done"


@pytest.mark.parametrize(
    "table",
    ["privacy_suppression", "privacy_consentrecord", "privacy_adpermission", "registers_operator",
     "channel_law_channelrule"],
)  # fmt: skip
def test_it_is_down_when_the_campaign_begins(tenant: Tenant, table: str) -> None:
    dispatch = make_dispatch(slice_size=40)
    bulk.run(DOWN.format(table))
    channel = FakeChannel()
    work(channel)
    assert channel.sent == []
    assert not Message.objects.exists()
    assert_halted(dispatch, sent=0)
    bulk.run(UP.format(table))
    assert_all_once(dispatch, channel, FakeChannel())


def test_it_goes_down_under_way(tenant: Tenant) -> None:
    dispatch = make_dispatch(slice_size=120)

    def answer(message: OutgoingEmail) -> Sent:
        if message.message_id == 30:  # in the second window; the third is not on its way yet
            bulk.run(DOWN.format("privacy_suppression"))
        return Sent()

    first = FakeChannel(answer)
    work(first)
    assert len(first.sent) == 50
    assert_halted(dispatch, sent=50)
    bulk.run(UP.format("privacy_suppression"))
    assert_all_once(dispatch, first, FakeChannel())


def test_a_broken_chain_of_consents_stops_the_sending(tenant: Tenant) -> None:
    event = ConsentEvent.objects.create(
        at=Tenant.objects.get(pk=tenant.pk).created_at, document="PD_CONSENT", record_id=1,
        customer_id=1, kind="GIVEN", subject="PROMO_DIRECT",
    )  # fmt: skip
    seal_all()
    assert Seal.objects.filter(stream="consents").exists()
    assert watch_chains()
    ConsentEvent.objects.filter(pk=event.pk).update(kind="WITHDRAWN")  # somebody forges
    assert not watch_chains()
    dispatch = make_dispatch(slice_size=40)
    channel = FakeChannel()
    work(channel)
    assert channel.sent == []
    assert_halted(dispatch, sent=0)
    ConsentEvent.objects.filter(pk=event.pk).update(kind="GIVEN")
    assert watch_chains()
    assert_all_once(dispatch, channel, FakeChannel())
