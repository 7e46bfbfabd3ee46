"""The demo end to end with a small shop: what it leaves, twice, and after a crash."""

import json
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django_tenants.utils import schema_context

from cvm_platform.local.catcher import Catcher, list_messages

pytestmark = pytest.mark.usefixtures("own_database")


def test_history_campaign_and_answer_fit_together(
    options: Any, said: list[str], catcher: Catcher
) -> None:
    from cvm_platform.demo.coffee import CoffeeShop
    from cvm_platform.demo.load import load_demo
    from cvm_platform.demo.state import State, state_of

    seconds = load_demo(options, said.append)

    assert state_of("coffee") is State.READY
    assert state_of("manufaktura") is State.READY
    assert state_of("retail") is State.ABSENT
    assert len(said) == len(seconds)
    with schema_context("coffee"):
        shop = CoffeeShop(today=options.today, customers=options.customers)
        sent = _check_sending(shop, catcher)
        _check_history(shop)
        _check_truth(shop)
        _check_draft()
    _check_mail(sent)
    _check_summary(options)

    before = _fingerprint()
    started = time.monotonic()
    assert load_demo(options, said.append) == {}
    assert time.monotonic() - started < 1
    assert _fingerprint() == before


def _check_sending(shop: Any, catcher: Catcher) -> int:
    """Dated at the campaign, everybody counted once, the letters really left."""
    from analytics.events.models import Event
    from campaigns.broadcasts.models import Broadcast
    from campaigns.delivery.models import Message
    from campaigns.delivery.selectors import dispatch_counts

    broadcast = Broadcast.objects.exclude(dispatch=None).get()
    counts = dispatch_counts(broadcast.dispatch_id or 0)
    assert broadcast.status == Broadcast.Status.SENT
    assert broadcast.assigned_at == shop.campaign_at
    assert broadcast.window_days == 28
    assert counts.adds_up
    assert counts.waiting == counts.failed == counts.ambiguous == 0
    assert counts.sent == catcher.receiver.stored > 0
    assert counts.reasons["C_LOCAL"] > 0
    assert counts.reasons["C_GLOBAL"] > 0
    minute = shop.campaign_at + timedelta(minutes=5)
    events = Event.objects.filter(kind="sent", subject_id=broadcast.dispatch_id)
    assert events.count() == counts.sent
    assert not events.exclude(ts__gte=shop.campaign_at, ts__lt=minute).exists()
    messages = Message.objects.filter(dispatch=broadcast.dispatch)
    assert not messages.exclude(created_at__gte=shop.campaign_at, created_at__lt=minute).exists()
    return counts.sent


def _check_history(shop: Any) -> None:
    """Customers and orders are those of the shop in which exactly the written-to were treated."""
    from analytics.events.models import Event, Order
    from campaigns.broadcasts.models import Broadcast
    from campaigns.delivery.models import Message
    from tenants.customers.models import Customer, Identity
    from tenants.privacy.models import StopEvent

    dispatch_id = Broadcast.objects.exclude(dispatch=None).get().dispatch_id
    assert Customer.objects.count() == shop.customers
    numbers = dict(Identity.objects.filter(kind="external").values_list("person_id", "key"))
    written = Message.objects.filter(dispatch_id=dispatch_id, state="sent")
    who = [int(numbers[pk]) for pk in written.values_list("customer_id", flat=True)]
    treated = shop.mask_of(_array(who))
    expected: set[str] = set()
    for chunk in [*shop.order_chunks(), *shop.outcome_chunks(treated)]:
        expected |= set(map(str, chunk.orders["order_no"].tolist()))
    assert set(Order.objects.values_list("external_id", flat=True)) == expected
    reactions = next(iter(shop.reaction_chunks(treated)))
    left = int((reactions["left_at"] > 0).sum())
    opens = Event.objects.filter(kind="open", subject_id=dispatch_id)
    assert opens.count() == int((reactions["opened_at"] > 0).sum()) > 0
    refusals = Event.objects.filter(kind="unsubscribe", subject_id=dispatch_id)
    assert refusals.count() == left
    assert StopEvent.objects.filter(source="ONE_CLICK").count() == left


def _check_truth(shop: Any) -> None:
    """The truth beside the draw is the generator's, per person of the arm, less the messages."""
    from campaigns.broadcasts.models import Broadcast
    from campaigns.delivery.models import Message
    from campaigns.experiments.models import Assignment
    from campaigns.results.models import BroadcastResult
    from tenants.customers.models import Identity

    broadcast = Broadcast.objects.select_related("layer", "dispatch").exclude(dispatch=None).get()
    assert broadcast.layer is not None
    assert broadcast.dispatch is not None
    truth = broadcast.layer.report["truth"]
    arm = Assignment.objects.filter(layer=broadcast.layer, arm="treated").count()
    written = Message.objects.filter(dispatch=broadcast.dispatch, state="sent")
    ids = set(written.values_list("customer_id", flat=True))
    keys = Identity.objects.filter(kind="external", person_id__in=ids).values_list("key", flat=True)
    known = shop.truth(shop.mask_of(_array([int(key) for key in keys])), days=28)
    messages = round(broadcast.dispatch.price * len(ids))
    assert truth["treated"] == len(ids) == arm == truth["arm"]
    assert truth["margin"] == known.margin
    assert truth["messages"] == messages > 0
    assert truth["per_customer"] == pytest.approx((known.margin - messages) / arm)
    assert truth["total"] == known.margin - messages - broadcast.content_cost
    result = BroadcastResult.objects.get()
    assert result.payload["truth"] == truth
    assert result.payload["arms"]["treated"]["n"] == arm
    assert result.payload["counts"]["sent"] == len(ids)
    assert result.payload["window"]["start"] == shop.campaign_at.isoformat()
    assert result.payload["window"]["complete"] is True
    low, high = result.payload["interval"]
    assert low < result.payload["difference"] < high


def _check_draft() -> None:
    """A newcomer finds something to send, and people whom it may be sent to."""
    from campaigns.broadcasts.contracts import Estimate
    from campaigns.broadcasts.models import Broadcast
    from campaigns.broadcasts.services import create_broadcast, estimate_audience
    from campaigns.segments.models import Segment

    draft = Broadcast.objects.get(status=Broadcast.Status.DRAFT)
    kept = Estimate.from_json(draft.estimate)
    assert kept is not None
    assert kept.adds_up
    segment = Segment.objects.get(name="Кому можно писать")
    assert segment.status == Segment.Status.FRESH
    fresh = create_broadcast(
        name="Новая", segment_id=segment.pk, template_id=draft.template_id,
        sender_id=draft.sender_id,
    )  # fmt: skip
    estimate = estimate_audience(public_id=fresh.public_id)
    assert estimate.will_receive > 0.7 * estimate.segment
    assert "B_POLICY_CAP" not in estimate.reasons
    fresh.delete()


def _check_mail(sent: int) -> None:
    from django.conf import settings

    page = list_messages(Path(settings.MAIL_CATCHER_DIR))
    assert page.total == sent
    assert page.messages[0].author.endswith("<news@coffee.example>")
    assert all(one.recipients[0].endswith(".example") for one in page.messages)


def _check_summary(options: Any) -> None:
    from django.conf import settings

    from tenants.accounts.models import Membership, User
    from tenants.tenancy.models import Tenant

    summary = json.loads((options.folder / "demo.json").read_text(encoding="utf-8"))
    first = summary["logins"][0]
    assert first["url"] == f"{settings.PUBLIC_SCHEME}://{settings.BASE_DOMAIN}:{{port}}/"
    for login in summary["logins"]:
        user = User.objects.filter(email=login["email"]).first()
        if user is not None:  # those of a company that was not asked for have not come
            assert user.check_password(login["password"])
            assert user.confidentiality_signed_at is not None
    coffee = Tenant.objects.get(schema_name="coffee")
    assert coffee.is_simulated
    assert coffee.note
    roles = set(Membership.objects.filter(tenant=coffee).values_list("role", flat=True))
    assert {"agency_owner", "copywriter", "client_admin", "client_finance", "client_dpo"} <= roles


def test_an_interrupted_load_is_dropped_and_made_anew(
    options: Any, said: list[str], catcher: Catcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cvm_platform.demo.load import load_demo
    from cvm_platform.demo.state import State, state_of
    from cvm_platform.demo.story import Story
    from tenants.accounts.models import Membership, User
    from tenants.customers.models import Customer
    from tenants.tenancy.models import Tenant

    small = replace(options, customers=300, only=frozenset({"coffee"}))
    real = Story.finish
    monkeypatch.setattr(Story, "finish", _crash)
    with pytest.raises(KeyError):
        load_demo(small, said.append)
    assert state_of("coffee") is State.LOADING
    first = Tenant.objects.get(schema_name="coffee").pk
    people = User.objects.count()

    monkeypatch.setattr(Story, "finish", real)
    load_demo(small, said.append)

    assert state_of("coffee") is State.READY
    tenant = Tenant.objects.get(schema_name="coffee")
    assert tenant.pk != first
    assert "coffee: an unfinished load is removed" in "\n".join(said)
    assert User.objects.count() == people
    assert Membership.objects.filter(tenant=tenant).count() == 10
    assert not Membership.objects.filter(tenant_id=first).exists()
    with schema_context("coffee"):
        assert Customer.objects.count() == 300


def _crash(_story: Any) -> None:
    raise KeyError("the power went")


def test_a_company_of_somebody_elses_under_the_name_is_left_alone(
    options: Any, said: list[str], catcher: Catcher
) -> None:
    from cvm_platform.demo.load import load_demo
    from cvm_platform.demo.state import State, drop_unfinished, state_of
    from tenants.tenancy.models import Tenant
    from tenants.tenancy.services import create_tenant

    mine = create_tenant(slug="coffee", name="Моя кофейня")
    load_demo(options, said.append)

    assert state_of("coffee") is State.FOREIGN
    assert Tenant.objects.get(schema_name="coffee").pk == mine.pk
    assert any("leaves it alone" in line for line in said)
    assert state_of("manufaktura") is State.READY
    for slug in ("coffee", "manufaktura"):
        with pytest.raises(RuntimeError, match="not an unfinished load"):
            drop_unfinished(slug)


def _fingerprint() -> list[tuple[Any, ...]]:
    from django.db import connection

    tables = ("customers_customer", "events_order", "events_event", "delivery_message",
              "results_broadcastresult", "broadcasts_broadcast", "segments_segment")  # fmt: skip
    with schema_context("coffee"), connection.cursor() as cursor:
        found: list[tuple[Any, ...]] = []
        for table in tables:
            cursor.execute(f"SELECT '{table}', count(*) FROM {table}")
            found += cursor.fetchall()
    return found


def _array(numbers: list[int]) -> Any:
    import numpy as np

    return np.array(numbers, dtype=np.int64)
