"""A broadcast from draft to sent: what the estimate says is what the sending does."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django_tenants.utils import schema_context, tenant_context

from analytics.events.models import Order
from campaigns.broadcasts import services
from campaigns.broadcasts.contracts import Estimate
from campaigns.broadcasts.models import Broadcast
from campaigns.channels.contracts import Sent
from campaigns.channels.models import Tariff
from campaigns.channels.problems import TemplateInvalid
from campaigns.delivery import selectors as delivery
from campaigns.delivery import services as sending
from campaigns.delivery.models import Dispatch, Message
from campaigns.experiments.models import Assignment, Layer
from campaigns.segments.models import Segment
from cvm_platform.common import clock
from cvm_platform.common.errors import Conflict, InvalidInput, NotFound
from tenants.audit.models import AuditEntry
from tenants.customers.models import ContactPoint, Customer
from tenants.privacy.models import AdPermission, ConsentRecord, Suppression
from tenants.tenancy.models import Tenant
from tests.factories.campaigns import (
    FakeChannel,
    hmac_of,
    make_broadcast,
    make_people,
    make_service_template,
    make_template,
)


def work(channel: FakeChannel) -> None:
    with schema_context("public"):
        sending.work(channel, seconds=30)


@pytest.fixture
def mixed(acme: Tenant) -> Broadcast:
    """500 people; some fail each check."""
    make_people(1, 500)
    Customer.objects.filter(pk__in=range(1, 11)).update(status="blocked")
    ConsentRecord.objects.filter(customer_id__in=range(11, 31)).delete()
    AdPermission.objects.filter(customer_id__in=range(31, 61)).update(status="REVOKED")
    Suppression.objects.create(
        channel="EMAIL", address_hmac=hmac_of(61), reason="staff", since=clock.now()
    )
    ContactPoint.objects.filter(customer_id__in=range(62, 67)).delete()
    earlier = [
        Dispatch.objects.create(purpose="broadcast", content={},
                                policy={"is_advertising": True}, status="finished")
        for _ in range(3)
    ]  # fmt: skip
    Message.objects.bulk_create(
        Message(customer_id=each, dispatch=dispatch, slice_number=0, state="sent")
        for each in range(100, 140) for dispatch in earlier
    )  # fmt: skip
    return make_broadcast()


def test_the_estimate_is_what_the_sending_does(mixed: Broadcast) -> None:
    estimate = services.estimate_audience(public_id=mixed.public_id)
    # blocked people are in no segment
    assert (estimate.segment, estimate.adds_up) == (490, True)
    reasons = estimate.reasons
    stopped = ("B_PD_CONSENT", "B_AD_PERMISSION", "B_SUPPRESSED", "B_CONTACT")
    assert [reasons[code] for code in stopped] == [20, 30, 1, 5]
    assert reasons["C_GLOBAL"] in range(40, 46)
    eligible = 434 - reasons["C_GLOBAL"]
    assert reasons["C_LOCAL"] == round(eligible * 0.1)
    assert set(reasons) == {"B_PD_CONSENT", "B_AD_PERMISSION", "B_SUPPRESSED", "B_CONTACT",
                            "C_GLOBAL", "C_LOCAL", "B_POLICY_CAP"}  # fmt: skip
    started = services.start_broadcast(public_id=mixed.public_id, expected=estimate.will_receive)
    channel = FakeChannel()
    work(channel)
    assert started.dispatch_id is not None
    counts = delivery.dispatch_counts(started.dispatch_id)
    assert counts.adds_up
    assert (counts.audience, counts.sent) == (490, estimate.will_receive)
    assert counts.reasons == reasons
    assert len(channel.sent) == estimate.will_receive


def test_nobody_of_a_control_group_hears_of_it(mixed: Broadcast) -> None:
    services.start_broadcast(public_id=mixed.public_id)
    channel = FakeChannel()
    work(channel)
    control = set(Assignment.objects.filter(arm="control").values_list("customer_id", flat=True))
    assert len(control) > 70
    assert control.isdisjoint(channel.recipients)
    broadcast = Broadcast.objects.select_related("layer").get()
    assert broadcast.layer is not None
    assert broadcast.layer.code == f"exp-{broadcast.pk}"
    treated = Assignment.objects.filter(layer=broadcast.layer, arm="treated")
    assert set(channel.recipients) <= set(treated.values_list("customer_id", flat=True))
    moments = {broadcast.assigned_at, broadcast.registered_at,
               *Assignment.objects.filter(layer=broadcast.layer).values_list(
                   "assigned_at", flat=True)}  # fmt: skip
    assert len(moments) == 1


def test_states_follow_the_sending(mixed: Broadcast) -> None:
    public_id = mixed.public_id
    services.start_broadcast(public_id=public_id)
    assert services.pause_broadcast(public_id=public_id).status == "paused"
    assert services.resume_broadcast(public_id=public_id).status == "sending"
    work(FakeChannel())
    assert Broadcast.objects.get().status == "sent"
    with pytest.raises(Conflict):
        services.cancel_broadcast(public_id=public_id)
    actions = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert actions[-3:] == ["broadcast.started", "broadcast.paused", "broadcast.resumed"]


def test_cancelling_keeps_every_count(mixed: Broadcast) -> None:
    broadcast = services.start_broadcast(public_id=mixed.public_id)

    def answer(message: Any) -> Any:
        if Broadcast.objects.get().status == "sending":
            services.cancel_broadcast(public_id=mixed.public_id)
        return Sent()

    work(FakeChannel(answer))
    assert Broadcast.objects.get().status == "cancelled"
    assert broadcast.dispatch_id is not None
    counts = delivery.dispatch_counts(broadcast.dispatch_id)
    assert counts.adds_up
    assert counts.waiting == 0
    assert counts.reasons["CANCELLED"] > 200


def test_a_broadcast_starts_once(mixed: Broadcast) -> None:
    services.start_broadcast(public_id=mixed.public_id)
    with pytest.raises(Conflict):
        services.start_broadcast(public_id=mixed.public_id)
    with pytest.raises(Conflict):
        services.update_broadcast(public_id=mixed.public_id, name="Other")
    with pytest.raises(Conflict):
        services.delete_broadcast(public_id=mixed.public_id)
    assert Dispatch.objects.filter(status="running").count() == 1


def test_changed_numbers_start_nothing(mixed: Broadcast) -> None:
    with pytest.raises(Conflict) as refusal:
        services.start_broadcast(public_id=mixed.public_id, expected=1)
    assert refusal.value.code == "numbers_changed"
    assert Broadcast.objects.get().status == "draft"
    assert not Layer.objects.exclude(code="global").exists()
    assert not Dispatch.objects.filter(status="running").exists()


def test_nobody_to_write_to_starts_nothing(acme: Tenant) -> None:
    make_people(1, 3)
    AdPermission.objects.all().delete()
    broadcast = make_broadcast()
    with pytest.raises(Conflict) as refusal:
        services.start_broadcast(public_id=broadcast.public_id)
    assert refusal.value.code == "nobody"


def test_without_a_control_share_only_the_global_group_is_silent(acme: Tenant) -> None:
    make_people(1, 40)
    broadcast = make_broadcast(control_bp=0)
    estimate = services.estimate_audience(public_id=broadcast.public_id)
    assert estimate.reasons == {"C_GLOBAL": 4}
    assert estimate.power is None
    assert services.start_broadcast(public_id=broadcast.public_id).layer is None


def test_service_letters_go_to_control_groups_too(acme: Tenant) -> None:
    make_people(1, 30)
    AdPermission.objects.all().delete()
    template = make_service_template()
    broadcast = make_broadcast(template=template)
    estimate = services.estimate_audience(public_id=broadcast.public_id)
    assert (estimate.will_receive, estimate.reasons) == (30, {})
    services.start_broadcast(public_id=broadcast.public_id)
    assert not Assignment.objects.exists()


def test_the_power_comes_from_the_shop_s_own_history(acme: Tenant) -> None:
    make_people(1, 220)
    now = clock.now()
    for window, bought in ((5, 100), (20, 60)):
        Order.objects.bulk_create(
            Order(external_id=f"{window}-{n}", customer_id=n, ts=now - timedelta(days=window),
                  margin=1000, revenue=2000)
            for n in range(1, bought + 1)
        )  # fmt: skip
    broadcast = make_broadcast(control_bp=1000, window_days=14)
    power = services.estimate_audience(public_id=broadcast.public_id).power
    assert power is not None
    assert power.treated + power.control == 198
    assert power.control == 20
    assert 400 < power.mean < 500
    # sigma of a 0/1000 margin is about 500, halved by what the window before tells
    assert 190 < power.mde < 330
    assert power.is_hopeless
    assert power.advised_bp is None


def test_a_lively_shop_may_prove_something(acme: Tenant) -> None:
    make_people(1, 600)
    now = clock.now()
    Order.objects.bulk_create(
        Order(external_id=f"o{n}", customer_id=n, ts=now - timedelta(days=3),
              margin=1000 + n % 3 * 100)
        for n in range(1, 601)
    )  # fmt: skip
    power = services.estimate_audience(public_id=make_broadcast().public_id).power
    assert power is not None
    assert not power.is_hopeless
    assert power.share is not None
    assert power.share < 0.05


def test_an_unusable_letter_starts_nothing(acme: Tenant) -> None:
    make_people(1, 5)
    broadcast = make_broadcast(template=make_template(html="<p>no footer</p>"))
    with pytest.raises(TemplateInvalid):
        services.start_broadcast(public_id=broadcast.public_id)
    assert Broadcast.objects.get().status == "draft"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "x", "control_bp": 5001}, "control_bp"),
        ({"name": "x", "window_days": 0}, "window_days"),
        ({"name": "x", "content_cost": -1}, "content_cost"),
        ({"name": "x", "status": "sent"}, "status"),
    ],
)
def test_bad_values_are_named(acme: Tenant, values: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        services.create_broadcast(**values)
    assert list(refusal.value.fields) == [field]
    assert not Broadcast.objects.exists()


def test_what_is_not_chosen_is_named(acme: Tenant) -> None:
    broadcast = services.create_broadcast(name="Empty")
    with pytest.raises(InvalidInput) as refusal:
        services.start_broadcast(public_id=broadcast.public_id)
    assert set(refusal.value.fields) == {"segment", "template", "sender"}
    with pytest.raises(NotFound):
        services.estimate_audience(public_id=uuid4())


def test_a_draft_can_be_changed_and_deleted(acme: Tenant) -> None:
    make_people(1, 10)
    broadcast = make_broadcast()
    services.estimate_audience(public_id=broadcast.public_id)
    assert Broadcast.objects.get().estimate["segment"] == 10
    changed = services.update_broadcast(public_id=broadcast.public_id, control_bp=2000)
    assert (changed.control_bp, changed.estimate) == (2000, {})
    services.delete_broadcast(public_id=broadcast.public_id)
    assert not Broadcast.objects.exists()


def test_an_estimate_survives_its_journey_through_json(acme: Tenant) -> None:
    make_people(1, 100)
    broadcast = make_broadcast()
    estimate = services.estimate_audience(public_id=broadcast.public_id)
    assert Estimate.from_json(Broadcast.objects.get().estimate) == estimate
    assert Estimate.from_json({}) is None


def test_the_price_is_the_tariff_s_at_the_start(acme: Tenant) -> None:
    make_people(1, 5)
    now = clock.now()
    for days, price in ((-10, "10"), (-1, "12.5"), (5, "99")):
        Tariff.objects.create(channel="EMAIL", price=price, valid_from=now + timedelta(days=days))
    services.start_broadcast(public_id=make_broadcast().public_id)
    assert Dispatch.objects.get().price == Decimal("12.5")


def test_the_neighbour_sees_none_of_it(mixed: Broadcast, beta: Tenant) -> None:
    services.start_broadcast(public_id=mixed.public_id)
    with tenant_context(beta):
        assert not Broadcast.objects.exists()
        assert not Segment.objects.exists()
        assert not Layer.objects.exists()
        with pytest.raises(NotFound):
            services.estimate_audience(public_id=mixed.public_id)
