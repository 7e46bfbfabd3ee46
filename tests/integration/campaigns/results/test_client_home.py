"""The client's first page: what to do next, and why a total may differ from its parts."""

from datetime import timedelta
from typing import Any

import pytest

from analytics.features.models import RfmRun
from campaigns.broadcasts.models import Broadcast
from campaigns.results import pages, services, steps
from cvm_platform.common import clock
from tenants.accounts.contracts import Permission
from tenants.customers.models import Customer
from tenants.tenancy.models import Tenant
from tests.factories.accounts import client_of
from tests.integration.campaigns.results.test_broadcast_results import make_broadcast


def everything(_right: Permission) -> bool:
    return True


def nothing(_right: Permission) -> bool:
    return False


def titles(found: list[steps.Step]) -> list[str]:
    return [step.title for step in found]


def test_an_empty_company_sees_the_way_to_the_first_sum(acme: Tenant) -> None:
    text = client_of(acme, "client_marketer").get("/").content.decode()
    assert "Три шага" in text
    assert 'href="/imports/new/"' in text
    read_only = client_of(acme, "viewer").get("/").content.decode()
    assert "Три шага" in read_only
    assert 'href="/imports/new/"' not in read_only


def test_steps_name_what_waits_for_somebody(acme: Tenant) -> None:
    broadcast, _arrays = make_broadcast(effect=0)
    services.compute_result(broadcast_id=broadcast.pk)
    Broadcast.objects.create(name="Кофе в январе")
    now = clock.now()
    found = steps.next_steps(now, now - timedelta(days=5), everything)
    assert titles(found) == [
        "Заказов нет 5 дней",
        f"Итог «{broadcast.name}» ждёт подписи финансов",
        "Рассылка «Кофе в январе» готовится",
    ]
    assert str(broadcast.public_id) in found[1].url
    assert steps.next_steps(now, now - timedelta(days=5), nothing) == []


def test_fresh_orders_and_signed_results_ask_for_nothing(acme: Tenant) -> None:
    broadcast, _arrays = make_broadcast(effect=0)
    result = services.compute_result(broadcast_id=broadcast.pk)
    result.signed_at = clock.now()
    result.save()
    assert steps.next_steps(clock.now(), clock.now(), everything) == []


@pytest.mark.parametrize(("customers", "shown"), [(25, 1), (9, 0)])
def test_money_of_the_silent_is_offered_unless_they_are_few(
    acme: Tenant, customers: int, shown: int
) -> None:
    cell = {"r": 1, "f": 5, "m": 5, "customers": customers, "revenue": 900_000, "margin": 1}
    RfmRun.objects.create(
        status=RfmRun.Status.DONE, customers=customers, cells=[cell], borders=[],
        requested_at=clock.now(), computed_at=clock.now(), as_of=clock.now(),
    )  # fmt: skip
    found = steps.next_steps(clock.now(), clock.now(), everything)
    assert titles(found) == ["Замолчали 25 хороших покупателей"][:shown]


def block(kind: str, *, has_total: bool = True) -> dict[str, Any]:
    return {"kind": kind, "total": {"profit": 1} if has_total else None}


@pytest.mark.parametrize(
    ("group", "rows", "is_doubtful"),
    [
        (block("unk"), [block("unk"), block("pos")], True),
        (block("unk"), [block("unk")], False),
        (block("pos"), [block("pos")], False),
        (block("unk", has_total=False), [block("pos")], False),
        (None, [block("pos")], False),
    ],
)
def test_a_proved_part_under_an_unproved_total_is_explained(
    group: dict[str, Any] | None, rows: list[dict[str, Any]], is_doubtful: bool
) -> None:
    assert pages.is_doubtful(group, rows) is is_doubtful


def test_the_page_lists_the_steps_of_the_role(acme: Tenant) -> None:
    Customer.objects.create(id=1)
    Broadcast.objects.create(name="Кофе в январе")
    assert "Что сделать сейчас" in client_of(acme, "client_marketer").get("/").content.decode()
    assert "Что сделать сейчас" not in client_of(acme, "client_support").get("/").content.decode()
