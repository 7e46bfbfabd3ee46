"""Dispatch-time check.

Given a campaign that is being sent, When a recipient unsubscribes before his message is
dispatched, Then within 60 s he is suppressed and his message is not handed to the provider.
"""

from django_tenants.utils import schema_context

from campaigns.channels.contracts import OutgoingEmail, Sent
from campaigns.delivery import services
from campaigns.delivery.models import Message
from campaigns.delivery.stops import sent_after_stop, watch_stops
from cvm_platform.common import clock
from tenants.privacy.models import StopEvent, Suppression
from tenants.privacy.services import stop_channel
from tenants.tenancy.models import Tenant
from tests.factories.campaigns import FakeChannel, hmac_of, make_dispatch, make_people


def refuse(customer_id: int) -> None:
    stop_channel(customer_id=customer_id, channel="EMAIL", address_hmac=hmac_of(customer_id),
                 source="ONE_CLICK")  # fmt: skip


def test_who_unsubscribes_under_way_gets_nothing(acme: Tenant) -> None:
    make_people(1, 600)
    dispatch = make_dispatch(slice_size=200)
    at_work, elsewhere = 190, 550  # later in the slice at work; in a slice that nobody has yet

    def answer(message: OutgoingEmail) -> Sent:
        if message.message_id == 10:
            refuse(at_work)
            refuse(elsewhere)
        return Sent()

    channel = FakeChannel(answer)
    with schema_context("public"):
        services.work(channel, seconds=60)
    assert {at_work, elsewhere}.isdisjoint(channel.recipients)
    assert len(channel.recipients) == 598
    held = Message.objects.filter(dispatch=dispatch, state="suppressed")
    assert dict(held.values_list("customer_id", "reason")) == {
        at_work: "B_AD_PERMISSION", elsewhere: "B_AD_PERMISSION",
    }  # fmt: skip
    assert Suppression.objects.count() == 2
    for stop in StopEvent.objects.all():
        assert (clock.now() - stop.effective_at).total_seconds() < 60
        assert stop.in_flight == []
    assert sent_after_stop(dispatch.created_at) == []
    assert watch_stops() == 0
