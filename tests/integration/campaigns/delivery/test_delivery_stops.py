"""A stop against messages in every state, what had left already, and the incident that never is."""

from datetime import timedelta

import pytest
from django_tenants.utils import schema_context

from campaigns.broadcasts.services import pause_broadcast, resume_broadcast, start_broadcast
from campaigns.channels.contracts import OutgoingEmail, Sent
from campaigns.delivery import claims, outbox, services
from campaigns.delivery.contracts import Policy, Ruling
from campaigns.delivery.models import Message
from campaigns.delivery.reports import Report, take_report
from campaigns.delivery.stops import LOOK_BACK, sent_after_stop, watch_stops
from cvm_platform.common import clock
from tenants.approvals.models import Task
from tenants.privacy.models import AdPermission, ConsentRecord, StopEvent, Suppression
from tenants.privacy.services import stop, stop_channel
from tenants.registers.models import ProcessorAgreement
from tenants.tenancy.models import Tenant
from tests.factories.campaigns import (
    FakeChannel,
    hmac_of,
    make_broadcast,
    make_dispatch,
    make_people,
)


def refuse(customer_id: int) -> None:
    stop_channel(customer_id=customer_id, channel="EMAIL", address_hmac=hmac_of(customer_id),
                 source="LINK")  # fmt: skip


def work(channel: FakeChannel) -> None:
    with schema_context("public"):
        services.work(channel, seconds=30)


def test_in_a_claimed_slice_between_the_gate_and_the_hand_over(acme: Tenant) -> None:
    make_people(1, 3)
    dispatch = make_dispatch()
    with schema_context("public"):
        claim = claims.claim_slice()
    assert claim is not None
    policy = Policy.from_json(dispatch.policy)
    rows = outbox.open_slice(claim, tenant=acme, policy=policy, ruling=Ruling())
    assert [row.customer_id for row in rows] == [1, 2, 3]
    refuse(2)
    assert outbox.hand_over(claim, [1, 2, 3], policy=policy, ruling=Ruling()) == {1, 3}
    assert Message.objects.get(customer_id=2).reason == "B_AD_PERMISSION"


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("PROMOTION_STOP_15_2", "B_PD_CONSENT"), ("CONSENT_WITHDRAWAL_9_2", "B_PD_CONSENT"),
     ("PROCESSING_STOP_21_5_1", "B_PD_CONSENT"), ("HARD_OPT_OUT_VERBAL", "B_AD_PERMISSION")],
)  # fmt: skip
def test_whole_stops_are_honoured_at_the_hand_over(acme: Tenant, kind: str, reason: str) -> None:
    make_people(1, 60)
    make_dispatch()

    def answer(message: OutgoingEmail) -> Sent:
        if message.message_id == 1:
            stop(kind=kind, customer_id=59, source="PAPER")
        return Sent()

    channel = FakeChannel(answer)
    work(channel)
    assert set(channel.recipients) == set(range(1, 61)) - {59}
    assert Message.objects.get(customer_id=59).reason == reason


def test_in_a_paused_broadcast(acme: Tenant) -> None:
    make_people(1, 40)
    broadcast = start_broadcast(public_id=make_broadcast(control_bp=0).public_id)
    pause_broadcast(public_id=broadcast.public_id)
    silent = set(Message.objects.values_list("customer_id", flat=True))
    refuse(7)
    resume_broadcast(public_id=broadcast.public_id)
    channel = FakeChannel()
    work(channel)
    assert 7 not in channel.recipients
    assert Message.objects.filter(customer_id=7, state="sent").count() == 0
    assert silent == set()


def test_in_a_broadcast_that_was_only_counted(acme: Tenant) -> None:
    """A draft whose numbers are on the screen: the start decides anew."""
    make_people(1, 40)
    broadcast = make_broadcast(control_bp=0)
    refuse(7)
    start_broadcast(public_id=broadcast.public_id)
    channel = FakeChannel()
    work(channel)
    assert 7 not in channel.recipients


def test_an_ended_agreement_stops_a_slice_under_way(acme: Tenant) -> None:
    """What was ruled is ruled again every half minute of a long slice."""
    make_people(1, 100)
    dispatch = make_dispatch(slice_size=100)
    begun = clock.now()

    def answer(message: OutgoingEmail) -> Sent:
        if message.message_id == 1:
            ProcessorAgreement.objects.update(status="ended")
            later.__enter__()
        return Sent()

    later = clock.at(begun + timedelta(seconds=31))
    channel = FakeChannel(answer)
    try:
        work(channel)
    finally:
        later.__exit__(None, None, None)
    assert 0 < len(channel.sent) <= 50  # what was handed over before
    reasons = Message.objects.filter(dispatch=dispatch, state="suppressed")
    assert set(reasons.values_list("reason", flat=True)) == {"B_AGREEMENT"}
    assert reasons.count() == 100 - len(channel.sent)


def test_what_had_left_is_listed_in_the_stop(acme: Tenant) -> None:
    make_people(1, 2)
    dispatch = make_dispatch()
    work(FakeChannel(lambda _message: Sent("id-1")))
    refuse(1)
    [listed] = StopEvent.objects.get().in_flight
    assert (listed["dispatch"], listed["customer"], listed["provider_id"]) == (
        dispatch.pk, 1, "id-1",
    )  # fmt: skip
    assert watch_stops() == 0


def test_old_messages_are_in_flight_no_more(acme: Tenant) -> None:
    make_people(1, 1)
    make_dispatch()
    work(FakeChannel())
    Message.objects.update(handed_over_at=clock.now() - timedelta(hours=2))
    refuse(1)
    assert StopEvent.objects.get().in_flight == []


def test_a_planted_message_after_a_stop_is_an_incident(acme: Tenant) -> None:
    make_people(1, 3)
    make_dispatch()
    work(FakeChannel())
    since = clock.now() - LOOK_BACK
    refuse(1)
    stop(kind="CONSENT_WITHDRAWAL_9_2", customer_id=2, source="PAPER", purposes=["PROMO_DIRECT"])
    assert sent_after_stop(since) == []
    Message.objects.filter(customer_id__in=[1, 2, 3]).update(
        handed_over_at=clock.now() + timedelta(seconds=1)
    )
    assert sorted(row[1] for row in sent_after_stop(since)) == [1, 2]
    assert watch_stops() == 2
    task = Task.objects.get(kind="delivery.after_stop")
    assert task.params == {"count": 2}
    assert watch_stops() == 2  # the same work, not another
    assert Task.objects.filter(kind="delivery.after_stop").count() == 1


def test_who_permitted_again_may_be_written_to(acme: Tenant) -> None:
    [someone] = make_people(1, 1)
    make_dispatch()
    refuse(someone)
    old = AdPermission.objects.get()
    AdPermission.objects.create(
        customer_id=someone, channel="EMAIL", address_hmac=old.address_hmac, status="ACTIVE",
        identity_proof="DOI_EMAIL", verified_at=clock.now(), given_at=clock.now(),
        evidence_id=old.evidence_id,
    )  # fmt: skip
    ConsentRecord.objects.update(status="ACTIVE")

    Suppression.objects.update(until=clock.now())
    channel = FakeChannel()
    work(channel)
    assert channel.recipients == [someone]
    assert watch_stops() == 0


def test_complaints_brake_a_broadcast(acme: Tenant) -> None:
    make_people(1, 400)
    dispatch = make_dispatch(slice_size=100)

    def answer(message: OutgoingEmail) -> Sent:
        if message.message_id == 250:  # the third slice; two hundred were sent before
            for customer_id in (1, 2):
                take_report(dispatch_id=dispatch.pk, customer_id=customer_id,
                            report=Report.COMPLAINT)  # fmt: skip
        return Sent()

    channel = FakeChannel(answer)
    work(channel)
    dispatch.refresh_from_db()
    assert dispatch.status == "paused"
    assert "0.3" in dispatch.pause_reason or "0,3" in dispatch.pause_reason
    assert len(channel.sent) < 400
    assert StopEvent.objects.filter(kind="SPAM_COMPLAINT").count() == 2
