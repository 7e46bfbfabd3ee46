"""From an audience to outcomes: every count adds up, whatever the server says."""

from collections import Counter
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django_tenants.utils import schema_context, tenant_context

from analytics.events.models import Event
from campaigns.channels.contracts import (
    Ambiguous,
    Fault,
    NotAttempted,
    OutgoingEmail,
    Rejected,
    Sent,
)
from campaigns.delivery import claims, finishing, selectors, services
from campaigns.delivery.contracts import Counts, Policy
from campaigns.delivery.models import Dispatch, Message, Recipient, Slice
from campaigns.lanes.models import SendLane
from cvm_platform.common import clock
from cvm_platform.common.errors import Conflict
from tenants.customers.models import ContactPoint, DataKey
from tenants.privacy.models import AdPermission, StopEvent, Suppression
from tenants.privacy.services import stop_channel
from tenants.tenancy.models import Tenant
from tests.factories.campaigns import (
    SERVICE_HTML,
    FakeChannel,
    email_of,
    hmac_of,
    make_dispatch,
    make_people,
)


def work(channel: Any, seconds: float = 30) -> services.WorkReport:
    with schema_context("public"):
        return services.work(channel, seconds=seconds)


def put_off_is_over() -> None:
    """The wait between two tries has passed."""
    Slice.objects.filter(not_before__isnull=False).update(not_before=clock.now())
    with schema_context("public"):
        SendLane.objects.update(not_before=None)


def settled(dispatch: Dispatch) -> Counts:
    counts = selectors.dispatch_counts(dispatch.pk)
    assert counts.adds_up
    return counts


def test_an_audience_is_cut_and_sent_once_to_everybody(acme: Tenant) -> None:
    make_people(1, 250)
    dispatch = make_dispatch(slice_size=100)
    assert list(Slice.objects.order_by("number").values_list("number", "size", "status")) == [
        (0, 100, "pending"), (1, 100, "pending"), (2, 50, "pending"),
    ]  # fmt: skip
    assert settled(dispatch).waiting == 250
    channel = FakeChannel()
    assert work(channel) == services.WorkReport(3, 250, "")
    assert sorted(channel.recipients) == list(range(1, 251))
    assert settled(dispatch) == Counts(250, 250, 0, 0, 0, 0, {})
    dispatch.refresh_from_db()
    assert dispatch.status == "finished"
    assert dispatch.finished_at is not None
    assert work(channel).slices == 0
    assert set(Message.objects.values_list("provider_id", flat=True)) == {"queued"}


def test_a_message_has_its_customer_s_words_and_addresses(acme: Tenant) -> None:
    make_people(7, 1)
    make_dispatch()
    channel = FakeChannel()
    work(channel)
    message = channel.sent[0]
    assert message.to.email == "c7@example.com"
    assert message.subject == "Sale for Name7"
    assert "Hello, Name7!" in message.html
    assert message.unsubscribe_url.startswith("http://acme.cvm.localhost/u/")
    assert message.unsubscribe_url in unescape(message.html)
    assert "https://shop.example/sale" not in message.html
    assert message.stream.headers == {"X-CVM-Tenant": str(acme.public_id)}


def test_what_was_sent_is_told_as_events_once(acme: Tenant) -> None:
    make_people(1, 30)
    dispatch = make_dispatch()
    work(FakeChannel())
    claim_again = Slice.objects.get()
    rows = list(Event.objects.values_list("kind", "subject_id", "source").distinct())
    assert rows == [("sent", dispatch.pk, "delivery")]
    assert Event.objects.count() == 30
    Slice.objects.filter(pk=claim_again.pk).update(status="pending")
    Dispatch.objects.update(status="running")
    claims.sync_lane(acme.pk, "bulk")
    work(FakeChannel())
    assert Event.objects.count() == 30


def test_a_dead_address_is_buried(acme: Tenant) -> None:
    make_people(1, 3)
    dispatch = make_dispatch()
    gone = Rejected("No such user", "550 5.1.1", permanent=True, fault=Fault.RECIPIENT)
    work(FakeChannel(lambda message: gone if message.message_id == 2 else Sent()))
    assert settled(dispatch) == Counts(3, 2, 0, 1, 0, 0, {}, {"hard_bounce": 1})
    assert ContactPoint.objects.get(customer_id=2).status == "bounced"
    assert Suppression.objects.values_list("reason", flat=True).get() == "hard_bounce"
    assert AdPermission.objects.get(customer_id=2).status == "REVOKED"
    assert list(Event.objects.order_by("customer_id").values_list("customer_id", "kind")) == [
        (1, "sent"), (2, "bounce"), (3, "sent"),
    ]  # fmt: skip


def test_a_bad_message_fails_and_buries_nobody(acme: Tenant) -> None:
    make_people(1, 2)
    dispatch = make_dispatch()
    spam = Rejected("Spam", "554 5.7.1", permanent=True, fault=Fault.MESSAGE)
    work(FakeChannel(lambda message: spam if message.message_id == 1 else Sent()))
    assert settled(dispatch).failures == {"554 5.7.1": 1}
    assert not Suppression.objects.exists()


def test_a_recipient_refused_for_now_is_tried_again_and_then_failed(acme: Tenant) -> None:
    make_people(1, 3)
    dispatch = make_dispatch()
    later = Rejected("Greylisted", "450 4.7.1", permanent=False, fault=Fault.RECIPIENT)
    seen: Counter[int] = Counter()

    def answer(message: OutgoingEmail) -> Any:
        seen[message.message_id] += 1
        return later if message.message_id == 2 else Sent()

    for turn in range(1, 4):
        work(FakeChannel(answer))
        assert settled(dispatch).waiting == 1
        assert Message.objects.get(customer_id=2).attempts == turn
        assert work(FakeChannel(answer)).slices == 0  # not before its time
        put_off_is_over()
    work(FakeChannel(answer))
    assert settled(dispatch) == Counts(3, 2, 0, 1, 0, 0, {}, {"450 4.7.1": 1})
    assert seen == {1: 1, 2: 4, 3: 1}
    assert Dispatch.objects.get().status == "finished"


def test_a_full_server_loses_nobody(acme: Tenant) -> None:
    make_people(1, 120)
    dispatch = make_dispatch(slice_size=100)
    full = NotAttempted("452 full", "server_full", 300)
    room = iter(range(40))
    first = FakeChannel(lambda _message: Sent() if next(room, None) is not None else full)
    report = work(first)
    assert (report.slices, report.sent, report.trouble) == (1, 40, "server_full")
    counts = settled(dispatch)
    assert (counts.sent, counts.waiting) == (40, 80)
    assert Message.objects.filter(state="sending", handed_over_at__isnull=False).count() == 0
    waiting = Slice.objects.get(number=0)
    assert waiting.not_before is not None
    assert waiting.not_before > clock.now() + timedelta(seconds=250)
    put_off_is_over()
    second = FakeChannel()
    work(second)
    assert sorted([*first.recipients, *second.recipients]) == list(range(1, 121))
    assert settled(dispatch) == Counts(120, 120, 0, 0, 0, 0, {})


def test_a_server_that_refuses_everything_pauses_the_dispatch(acme: Tenant) -> None:
    make_people(1, 60)
    dispatch = make_dispatch(slice_size=100)
    work(FakeChannel(lambda _message: NotAttempted("no", "server_refuses", 300)))
    dispatch.refresh_from_db()
    assert dispatch.status == "paused"
    assert dispatch.pause_reason
    assert settled(dispatch).waiting == 60
    services.resume_dispatch(dispatch_id=dispatch.pk)
    put_off_is_over()
    work(FakeChannel())
    assert settled(dispatch).sent == 60


def test_no_answer_is_ambiguous_and_never_repeated(acme: Tenant) -> None:
    make_people(1, 10)
    dispatch = make_dispatch()
    silent = Ambiguous("cut")
    work(FakeChannel(lambda message: silent if message.message_id > 7 else Sent()))
    assert settled(dispatch) == Counts(10, 7, 0, 0, 3, 0, {})
    channel = FakeChannel()
    work(channel)
    assert channel.sent == []


def test_unreadable_people_fail_alone(acme: Tenant) -> None:
    make_people(1, 5)
    DataKey.objects.filter(customer_id=2).update(wrapped=None)
    ContactPoint.objects.filter(customer_id=4).update(sealed=b"x" * 40)
    dispatch = make_dispatch()
    channel = FakeChannel()
    work(channel)
    assert sorted(channel.recipients) == [1, 3, 5]
    assert settled(dispatch) == Counts(5, 3, 0, 2, 0, 0, {}, {"unreadable": 2})


def test_pausing_stops_at_the_next_window_and_resuming_sends_the_rest(acme: Tenant) -> None:
    make_people(1, 100)
    dispatch = make_dispatch(slice_size=100)

    def answer(message: OutgoingEmail) -> Any:
        if message.message_id == 30:
            services.pause_dispatch(dispatch_id=dispatch.pk, reason="typo")
        return Sent()

    first = FakeChannel(answer)
    work(first)
    assert settled(dispatch) == Counts(100, 50, 0, 0, 0, 50, {})
    assert work(FakeChannel()).slices == 0
    services.resume_dispatch(dispatch_id=dispatch.pk)
    second = FakeChannel()
    work(second)
    assert sorted([*first.recipients, *second.recipients]) == list(range(1, 101))
    assert settled(dispatch).sent == 100


def test_cancelling_counts_everybody_left(acme: Tenant) -> None:
    make_people(1, 250)
    dispatch = make_dispatch(slice_size=100)

    def answer(message: OutgoingEmail) -> Any:
        if message.message_id == 10:
            services.cancel_dispatch(dispatch_id=dispatch.pk)
        return Sent()

    work(FakeChannel(answer))
    assert settled(dispatch) == Counts(250, 25, 225, 0, 0, 0, {"CANCELLED": 225})
    assert set(Slice.objects.values_list("status", flat=True)) == {"done"}
    with pytest.raises(Conflict):
        services.resume_dispatch(dispatch_id=dispatch.pk)


def test_a_stop_during_the_sending_is_obeyed_by_the_next_window(acme: Tenant) -> None:
    """One slice, gated as a whole; customer 80 says stop while the first window leaves."""
    make_people(1, 100)
    dispatch = make_dispatch(slice_size=100)

    def answer(message: OutgoingEmail) -> Any:
        if message.message_id == 5:
            stop_channel(customer_id=80, channel="EMAIL", address_hmac=hmac_of(80),
                         source="ONE_CLICK")  # fmt: skip
        return Sent()

    channel = FakeChannel(answer)
    work(channel)
    assert 80 not in channel.recipients
    assert settled(dispatch) == Counts(100, 99, 1, 0, 0, 0, {"B_AD_PERMISSION": 1})
    assert StopEvent.objects.count() == 1


def test_the_send_key_is_unique_even_when_a_slice_runs_twice(acme: Tenant) -> None:
    make_people(1, 50)
    dispatch = make_dispatch(slice_size=50)
    first, second = FakeChannel(), FakeChannel()
    work(first)
    Slice.objects.update(status="pending")
    Dispatch.objects.update(status="running")
    claims.sync_lane(acme.pk, "bulk")
    work(second)
    assert len(first.sent) == 50
    assert second.sent == []
    assert settled(dispatch).sent == 50


def test_a_worker_that_lost_its_lease_sends_no_further_window(acme: Tenant) -> None:
    make_people(1, 100)
    dispatch = make_dispatch(slice_size=100)

    def steal(message: OutgoingEmail) -> Any:
        if message.message_id == 3:
            Slice.objects.update(lease_until=clock.now() - timedelta(seconds=1))
            with schema_context("public"):
                assert services.reap() == 1
        return Sent()

    first = FakeChannel(steal)
    work(first, seconds=0.001)
    assert sorted(first.recipients) == list(range(1, 26))
    counts = settled(dispatch)
    assert (counts.sent, counts.ambiguous, counts.waiting) == (25, 0, 75)
    second = FakeChannel()
    work(second)
    assert sorted(second.recipients) == list(range(26, 101))
    assert settled(dispatch).sent == 100


def test_the_reaper_calls_only_what_was_handed_over_ambiguous(acme: Tenant) -> None:
    make_people(1, 100)
    dispatch = make_dispatch(slice_size=100)

    class Killed(BaseException):
        pass

    def answer(message: OutgoingEmail) -> Any:
        if message.message_id == 40:
            raise Killed
        return Sent()

    with pytest.raises(Killed):
        work(FakeChannel(answer))
    with schema_context("public"):
        assert services.reap() == 0  # the lease is still good
    Slice.objects.update(lease_until=clock.now() - timedelta(seconds=1))
    with schema_context("public"):
        assert services.reap() == 1
    counts = settled(dispatch)
    assert (counts.sent, counts.ambiguous, counts.waiting) == (25, 25, 50)
    rest = FakeChannel()
    work(rest)
    assert sorted(rest.recipients) == list(range(51, 101))
    assert settled(dispatch) == Counts(100, 75, 0, 0, 25, 0, {})
    assert Dispatch.objects.get().status == "finished"


def test_an_empty_audience_is_finished_at_once(acme: Tenant) -> None:
    dispatch = make_dispatch()
    assert Dispatch.objects.get(pk=dispatch.pk).status == "finished"
    assert settled(dispatch) == Counts(0, 0, 0, 0, 0, 0, {})


def test_a_suspended_company_starts_nothing_and_its_lane_is_skipped(acme: Tenant) -> None:
    make_people(1, 5)
    make_dispatch()
    acme.status = Tenant.Status.SUSPENDED
    with schema_context("public"):
        acme.save()
    with tenant_context(acme), pytest.raises(Conflict):
        make_dispatch()
    channel = FakeChannel()
    assert work(channel).slices == 0
    assert channel.sent == []


def test_the_neighbour_s_tables_stay_empty(acme: Tenant, beta: Tenant) -> None:
    make_people(1, 20)
    make_dispatch()
    work(FakeChannel())
    with tenant_context(beta):
        assert not Dispatch.objects.exists()
        assert not Message.objects.exists()
        assert not Recipient.objects.exists()
        assert not Event.objects.exists()


def test_both_tenants_get_their_own_messages(acme: Tenant, beta: Tenant) -> None:
    make_people(1, 30)
    make_dispatch()
    with tenant_context(beta):
        make_people(1, 30)
        make_dispatch()
    channel = FakeChannel()
    assert work(channel).slices == 2
    tenants = Counter(message.stream.headers["X-CVM-Tenant"] for message in channel.sent)
    assert tenants == {str(acme.public_id): 30, str(beta.public_id): 30}
    assert {message.to.email for message in channel.sent} == {email_of(n) for n in range(1, 31)}
    hosts = {message.unsubscribe_url.split("/")[2] for message in channel.sent}
    assert hosts == {"acme.cvm.localhost", "beta.cvm.localhost"}


def test_service_messages_need_no_permission_and_no_footer_header(acme: Tenant) -> None:
    make_people(1, 5)
    AdPermission.objects.all().delete()
    dispatch = make_dispatch(
        policy=Policy(is_advertising=False),
        message_class="service",
        html=SERVICE_HTML,
        subject="Your order",
    )
    channel = FakeChannel()
    work(channel)
    assert settled(dispatch).sent == 5
    assert {message.unsubscribe_url for message in channel.sent} == {""}


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 5), (2, 10), (4, 40), (9, 900), (50, 900)])
def test_the_wait_grows_to_a_quarter_of_an_hour(attempts: int, seconds: int) -> None:
    assert finishing.wait_seconds_after(attempts) == seconds


def test_after_too_many_attempts_a_slice_gives_up(acme: Tenant) -> None:
    make_people(1, 4)
    dispatch = make_dispatch()
    Slice.objects.update(attempts=finishing.MOST_ATTEMPTS)
    work(FakeChannel(lambda _message: NotAttempted("down", "unreachable")))
    assert settled(dispatch).failures == {"gave_up": 4}
    assert Dispatch.objects.get().status == "finished"


def test_too_many_dead_addresses_pause_the_dispatch(acme: Tenant) -> None:
    make_people(1, 600)
    dispatch = make_dispatch(slice_size=100)
    gone = Rejected("No such user", "550 5.1.1", permanent=True, fault=Fault.RECIPIENT)
    work(FakeChannel(lambda message: gone if message.message_id % 20 == 0 else Sent()))
    dispatch.refresh_from_db()
    assert dispatch.status == "paused"
    assert dispatch.pause_reason
    counts = settled(dispatch)
    assert (counts.sent, counts.failed, counts.waiting) == (190, 10, 400)


def test_a_few_dead_addresses_pause_nothing(acme: Tenant) -> None:
    make_people(1, 600)
    dispatch = make_dispatch(slice_size=100)
    gone = Rejected("No such user", "550 5.1.1", permanent=True, fault=Fault.RECIPIENT)
    work(FakeChannel(lambda message: gone if message.message_id % 25 == 0 else Sent()))
    assert settled(dispatch).failures == {"hard_bounce": 24}
    assert Dispatch.objects.get().status == "finished"
