"""The answer in money: the same as from arrays, in words, stored, signed, one tenant's own."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from django_tenants.utils import tenant_context

from analytics.events.models import Event, Order
from analytics.stats import compare_strata
from analytics.stats.sums import ArmSums
from campaigns.broadcasts.models import Broadcast
from campaigns.delivery.models import Dispatch, Message, Recipient
from campaigns.experiments.models import Assignment, Layer
from campaigns.results import outcome, services
from campaigns.results.models import BroadcastResult
from campaigns.results.outcome import Measured
from cvm_platform.common import clock
from cvm_platform.common.errors import Conflict, NotFound
from tenants.audit.models import AuditEntry
from tenants.audit.services import Actor
from tenants.customers.models import Customer
from tenants.tenancy.models import Tenant
from tests.factories.accounts import client_of

START = datetime(2026, 9, 1, 10, tzinfo=UTC)
WINDOW = 28
PRICE = Decimal("12.5")


def make_broadcast(
    *, effect: int, size: int = 1000, control: int = 200, seed: int = 7, days: int = WINDOW,
    start: datetime = START, cost: int = 1_200_000,
) -> tuple[Broadcast, dict[str, Any]]:  # fmt: skip
    """A sent broadcast whose treated margin is `effect` above the control's, and its arrays."""
    random = np.random.default_rng(seed)
    layer = Layer.objects.create(code=f"exp-{seed}", control_bp=10_000 * control // size)
    dispatch = Dispatch.objects.create(
        purpose="broadcast", content={}, price=PRICE, audience=size, status="finished"
    )
    ids = np.arange(1, size + 1)
    is_control = ids <= control
    stratum = (ids % 2).astype(int)
    before = np.round(random.gamma(2, 5_000, size)).astype(int)
    during = np.round(before * 0.5 + random.gamma(2, 4_000, size)).astype(int)
    during += np.where(is_control, 0, effect)
    Customer.objects.bulk_create([Customer(id=int(i)) for i in ids])
    Assignment.objects.bulk_create(
        Assignment(customer_id=int(i), layer=layer, arm="control" if c else "treated",
                   stratum=int(s), assigned_at=start)
        for i, c, s in zip(ids, is_control, stratum, strict=True)
    )  # fmt: skip
    Recipient.objects.bulk_create(
        Recipient(dispatch=dispatch, customer_id=int(i), slice_number=1) for i in ids
    )
    Message.objects.bulk_create(
        Message(customer_id=int(i), dispatch=dispatch, slice_number=1,
                state="suppressed" if c else "sent", reason="C_LOCAL" if c else "",
                sent_at=None if c else start + timedelta(minutes=1))
        for i, c in zip(ids, is_control, strict=True)
    )  # fmt: skip
    orders = []
    for i, x, y in zip(ids, before, during, strict=True):
        for offset, margin in ((-20, x), (5, y), (days + 1, 10**7)):  # the last one is too late
            orders.append(
                Order(external_id=f"{i}/{offset}", customer_id=int(i), revenue=int(margin) * 2,
                      margin=int(margin), ts=start + timedelta(days=offset), public_id=uuid4())
            )  # fmt: skip
    Order.objects.bulk_create(orders)
    broadcast = Broadcast.objects.create(
        name="Новый урожай", status="sent", layer=layer, dispatch=dispatch, assigned_at=start,
        registered_at=start, window_days=days, content_cost=cost,
    )  # fmt: skip
    arrays = {"y": during - np.where(is_control, 0, float(PRICE)), "x": before,
              "control": is_control, "stratum": stratum}  # fmt: skip
    return broadcast, arrays


def from_arrays(arrays: dict[str, Any]) -> Any:
    strata = []
    for number in (0, 1):
        inside = arrays["stratum"] == number
        arms = [
            ArmSums.of(arrays["y"][inside & mask], arrays["x"][inside & mask])
            for mask in (~arrays["control"], arrays["control"])
        ]
        strata.append((arms[0], arms[1]))
    return compare_strata(strata, adjusted=True)


def test_sums_from_sql_equal_arrays(acme: Tenant) -> None:
    broadcast, arrays = make_broadcast(effect=2_000)
    what = Measured(
        broadcast.layer_id, START, START + timedelta(days=WINDOW), broadcast.dispatch_id
    )
    by_sql = compare_strata(outcome.measure(what).strata, adjusted=True)
    by_array = from_arrays(arrays)
    assert by_sql.difference == pytest.approx(by_array.difference, rel=1e-9)
    assert by_sql.interval == pytest.approx(by_array.interval, rel=1e-9)
    assert by_sql.theta == pytest.approx(by_array.theta, rel=1e-9)
    assert (by_sql.n_treated, by_sql.n_control) == (800, 200)


def test_a_real_effect_is_proved_and_the_equation_adds_up(acme: Tenant) -> None:
    broadcast, arrays = make_broadcast(effect=4_000)
    payload = services.compute_result(broadcast_id=broadcast.pk).payload
    total = payload["total"]
    assert payload["verdict"] == "proved_gain"
    assert total["low"] > 0
    assert total["margin"] - total["messages"] - total["content"] == total["profit"]
    assert total["messages"] == 800 * 12.5
    assert total["profit"] == pytest.approx(800 * from_arrays(arrays).difference - 1_200_000, abs=1)
    low, high = payload["interval"]
    assert low <= 4_000 - float(PRICE) <= high
    assert payload["days"][-1][1] == pytest.approx(payload["difference"])
    assert payload["srm"]["level"] == "ok"
    assert payload["counts"]["audience"] == 1000
    assert payload["funnel"]["ordered"] == 800


def test_no_effect_is_not_proved_and_says_what_could_be(acme: Tenant) -> None:
    broadcast, _arrays = make_broadcast(effect=0, cost=0)
    payload = services.compute_result(broadcast_id=broadcast.pk).payload
    assert payload["verdict"] in {"not_proved", "not_enough_data", "waiting_will_not_help"}
    assert payload["total"]["low"] < 0
    assert payload["mde"] == pytest.approx(2.801585 * payload["se"])


def test_a_loss_is_called_a_loss(acme: Tenant) -> None:
    broadcast, _arrays = make_broadcast(effect=-4_000)
    assert services.compute_result(broadcast_id=broadcast.pk).payload["verdict"] == "proved_loss"


def test_an_open_window_shows_no_money(acme: Tenant) -> None:
    broadcast, _arrays = make_broadcast(effect=4_000, start=clock.now() - timedelta(days=6))
    result = services.compute_result(broadcast_id=broadcast.pk)
    assert result.status == "running"
    assert result.payload["reasons"] == ["window_open"]
    text = client_of(acme, "client_finance").get(
        f"/broadcasts/{broadcast.public_id}/result/"
    ).content.decode()  # fmt: skip
    assert 'class="money' not in text


def test_few_buyers_give_no_money(acme: Tenant) -> None:
    broadcast, _arrays = make_broadcast(effect=4_000, size=40, control=10)
    payload = services.compute_result(broadcast_id=broadcast.pk).payload
    assert (payload["verdict"], payload["reasons"]) == ("refused", ["few_buyers"])


def test_a_broken_split_is_refused(acme: Tenant) -> None:
    broadcast, _arrays = make_broadcast(effect=0)
    Assignment.objects.filter(arm="control", customer_id__lte=80).delete()
    payload = services.compute_result(broadcast_id=broadcast.pk).payload
    assert "sample_ratio" in payload["reasons"]


def test_written_to_controls_are_counted(acme: Tenant) -> None:
    broadcast, _arrays = make_broadcast(effect=0)
    Message.objects.filter(customer_id__lte=20).update(state="sent", sent_at=START)
    payload = services.compute_result(broadcast_id=broadcast.pk).payload
    assert payload["contaminated"] == 20
    assert "diluted" in payload["reasons"]


def test_opens_of_robots_are_kept_apart(acme: Tenant) -> None:
    broadcast, _arrays = make_broadcast(effect=0)
    for customer, marks in (
        (300, {}),
        (300, {}),
        (301, {"robot": True}),
        (302, {"prefetch": True}),
    ):
        Event.objects.create(
            customer_id=customer, ts=START + timedelta(hours=1), event_id=uuid4(), kind="open",
            subject_id=broadcast.dispatch_id, properties=marks,
        )  # fmt: skip
    funnel = services.compute_result(broadcast_id=broadcast.pk).payload["funnel"]
    assert (funnel["opened"], funnel["bot_opens"]) == (1, 2)


def test_the_same_input_gives_the_stored_result(acme: Tenant) -> None:
    broadcast, _arrays = make_broadcast(effect=0)
    first = services.compute_result(broadcast_id=broadcast.pk)
    second = services.compute_result(broadcast_id=broadcast.pk)
    assert (second.pk, second.computed_at) == (first.pk, first.computed_at)


def test_a_signed_figure_is_corrected_by_a_new_version_only(acme: Tenant) -> None:
    broadcast, _arrays = make_broadcast(effect=0)
    first = services.compute_result(broadcast_id=broadcast.pk)
    actor = Actor("user:1", "client_finance")
    services.sign_result(actor=actor, result_id=first.pk)
    with pytest.raises(Conflict):
        services.sign_result(actor=actor, result_id=first.pk)
    Order.objects.filter(external_id="300/5").update(margin=999_999)
    second = services.compute_result(broadcast_id=broadcast.pk)
    assert (first.version, second.version) == (1, 2)
    signed = BroadcastResult.objects.get(pk=first.pk)
    assert signed.payload == first.payload
    assert signed.signed_by == "user:1"
    assert AuditEntry.objects.filter(action="result.signed").count() == 1


def test_what_was_not_sent_has_no_result(acme: Tenant) -> None:
    draft = Broadcast.objects.create(name="Черновик")
    with pytest.raises(Conflict):
        services.compute_result(broadcast_id=draft.pk)
    with pytest.raises(NotFound):
        services.compute_result(broadcast_id=0)
    page = client_of(acme, "viewer").get(f"/broadcasts/{draft.public_id}/result/")
    assert page.status_code == 200
    assert 'class="nil"' in page.content.decode()


@pytest.mark.parametrize(("role", "status"), [("client_finance", 302), ("agency_owner", 403),
                                              ("client_admin", 403)])  # fmt: skip
def test_finance_alone_signs(acme: Tenant, role: str, status: int) -> None:
    broadcast, _arrays = make_broadcast(effect=0)
    result = services.compute_result(broadcast_id=broadcast.pk)
    response = client_of(acme, role).post(f"/broadcasts/{broadcast.public_id}/result/sign/")
    assert response.status_code == status
    result.refresh_from_db()
    assert (result.signed_at is not None) is (status == 302)


def test_the_page_shows_money_words_and_sums(acme: Tenant) -> None:
    broadcast, _arrays = make_broadcast(effect=4_000)
    response = client_of(acme, "client_finance").get(f"/broadcasts/{broadcast.public_id}/result/")
    text = response.content.decode()
    assert response.status_code == 200
    assert 'class="money' in text
    assert "1\u202f000" in text
    assert "lbl pos" in text
    csv = client_of(acme, "viewer").get(f"/broadcasts/{broadcast.public_id}/result/days.csv")
    assert len(csv.content.decode().strip().splitlines()) == 15


def test_a_neighbour_sees_no_result(acme: Tenant, beta: Tenant) -> None:
    broadcast, _arrays = make_broadcast(effect=0, size=40, control=10)
    with tenant_context(beta):
        client = client_of(beta, "client_finance")
        assert client.get(f"/broadcasts/{broadcast.public_id}/result/").status_code == 404
        assert client.post(f"/broadcasts/{broadcast.public_id}/result/sign/").status_code == 404
        assert "Новый урожай" not in client.get("/").content.decode()


def test_a_result_is_computed_again_on_demand(acme: Tenant) -> None:
    broadcast, _arrays = make_broadcast(effect=0)
    page = f"/broadcasts/{broadcast.public_id}/result/"
    client = client_of(acme, "client_marketer")
    assert "Пересчитать сейчас" not in client.get(page).content.decode()  # no return may come
    assert "цифры те же" in client.post(f"{page}compute/", follow=True).content.decode()
    Order.objects.filter(external_id="300/5").update(margin=999_999)
    assert "цифры обновились" in client.post(f"{page}compute/", follow=True).content.decode()
    assert client_of(acme, "client_support").post(f"{page}compute/").status_code == 403


def test_an_open_result_says_when_it_was_and_will_be_computed(acme: Tenant) -> None:
    broadcast, _arrays = make_broadcast(effect=0, start=clock.now() - timedelta(days=7))
    text = client_of(acme, "client_marketer").get(
        f"/broadcasts/{broadcast.public_id}/result/"
    ).content.decode()  # fmt: skip
    assert "Посчитано" in text
    assert "следующий раз" in text
    assert ":45" in text
    assert "Пересчитать сейчас" in text


def test_without_a_control_group_people_are_told_and_money_is_not(acme: Tenant) -> None:
    broadcast, _arrays = make_broadcast(effect=0, start=clock.now() - timedelta(days=7))
    Broadcast.objects.filter(pk=broadcast.pk).update(layer=None)
    page = f"/broadcasts/{broadcast.public_id}/result/"
    client = client_of(acme, "client_marketer")
    text = client.get(page).content.decode()
    assert "Сколько она принесла, не скажет никто" in text
    assert "Все 1\u202f000 человек учтены" in text
    assert 'class="money' not in text
    assert "измерять нечего" in client.post(f"{page}compute/", follow=True).content.decode()
    assert not BroadcastResult.objects.exists()


def test_a_broadcast_without_a_control_group_stops_nobody_elses_results(acme: Tenant) -> None:
    start = clock.now() - timedelta(days=7)
    measured, _arrays = make_broadcast(effect=0, start=start)
    sent = Dispatch.objects.create(purpose="broadcast", content={}, price=PRICE)
    bare = Broadcast.objects.create(name="Без контроля", assigned_at=start, dispatch=sent)
    assert list(services.due_broadcasts(clock.now())) == [measured.pk]
    assert not services.is_due(bare, clock.now())
