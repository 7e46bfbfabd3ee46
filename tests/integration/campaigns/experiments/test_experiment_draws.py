"""Control groups: drawn in SQL as the mathematics says, kept for ever, alike before the start."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django_tenants.utils import tenant_context

from analytics.stats.assignment import assignment_hash, bucket, global_control_share
from campaigns.experiments import selectors, services
from campaigns.experiments.contracts import Balance, Population
from campaigns.experiments.draws import compute_draw
from campaigns.experiments.hashing import bucket_sql, digest_sql, salt_prefix
from campaigns.experiments.models import Assignment, AssignmentSalt, Layer
from cvm_platform.common import clock
from tenants.customers.models import Customer
from tenants.privacy.models import AdPermission, ConsentRecord
from tenants.tenancy.models import Tenant

EVERYBODY = Population("SELECT id AS customer_id FROM customers_customer")


def people(first: int, count: int, *, contactable: bool = True) -> list[int]:
    now = clock.now()
    ids = list(range(first, first + count))
    Customer.objects.bulk_create(Customer(id=each, public_id=uuid.UUID(int=each)) for each in ids)
    if contactable:
        ConsentRecord.objects.bulk_create(
            ConsentRecord(customer_id=each, purpose="PROMO_DIRECT", status="ACTIVE",
                          given_at=now, source="test")
            for each in ids
        )  # fmt: skip
        AdPermission.objects.bulk_create(
            AdPermission(customer_id=each, channel="EMAIL", address_hmac=each.to_bytes(32, "big"),
                         status="ACTIVE", identity_proof="DOI_EMAIL", verified_at=now, given_at=now)
            for each in ids
        )  # fmt: skip
    return ids


def spend(customer_ids: list[int], amounts: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO events_customerstats (customer_id, revenue, orders, margin, returns, "
            "items, order_months, active_months, first_order_at, last_order_at) "
            "SELECT id, amount, 1, 0, 0, 1, 0, 0, now() - interval '90 days', "
            "now() - interval '9 days' FROM unnest(%s::bigint[], %s::bigint[]) AS t (id, amount)",
            [customer_ids, amounts],
        )


def sql_buckets(prefix: str, uuids: list[uuid.UUID]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {bucket_sql('d')} FROM (SELECT {digest_sql('u')} AS d "
            "FROM unnest(%(ids)s::uuid[]) AS t (u)) x",
            {"salt_prefix": prefix, "ids": uuids},
        )
        return [row[0] for row in cursor.fetchall()]


def test_the_hash_in_sql_is_the_published_one(acme: Tenant) -> None:
    one, two = (uuid.UUID(f"00000000-0000-7000-8000-00000000000{n}") for n in (1, 2))
    assert sql_buckets(salt_prefix("tenant-salt", "global", 2026), [one, two]) == [2233, 391]
    assert sql_buckets(salt_prefix("tenant-salt", "exp-17", 1), [one]) == [7152]


def test_the_hash_in_sql_equals_the_one_in_python_for_many(acme: Tenant) -> None:
    uuids = [uuid.UUID(int=7**40 * each % 2**128) for each in range(1, 2001)]
    expected = [bucket(assignment_hash("s", "exp-1", 3, each)) for each in uuids]
    assert sql_buckets(salt_prefix("s", "exp-1", 3), uuids) == expected


def test_the_whole_hash_comes_back_in_two_halves(acme: Tenant) -> None:
    ids = people(1, 3)
    draw = compute_draw(EVERYBODY, salt="s", code="exp-1", first_version=1, share=0.34)
    hashes = {each: assignment_hash("s", "exp-1", 1, uuid.UUID(int=each)) for each in ids}
    chosen = draw.customer_ids[draw.control].tolist()
    assert chosen == [min(hashes, key=lambda each: hashes[each])]


def test_the_salt_is_made_once_and_differs_between_tenants(acme: Tenant, beta: Tenant) -> None:
    salt = services.ensure_salt()
    assert services.ensure_salt() == salt
    assert len(salt) == 32
    assert AssignmentSalt.objects.count() == 1
    with tenant_context(beta):
        assert services.ensure_salt() != salt


def test_the_global_group_takes_a_tenth_of_a_small_base_by_strata(acme: Tenant) -> None:
    ids = people(1, 1000)
    spend(ids[:500], [100 * each for each in range(1, 501)])
    report = services.ensure_global_group()
    assert (report.share, report.treated, report.control, report.assigned_now) == (
        0.1, 900, 100, 1000,
    )  # fmt: skip
    layer = Layer.objects.get()
    assert (layer.code, layer.control_bp, layer.version) == ("global", 1000, 1)
    for stratum in layer.report["strata"]:
        assert abs(stratum["control"] - 0.1 * stratum["size"]) < 1
    assert sum(stratum["size"] for stratum in layer.report["strata"]) == 1000
    assert layer.report["balance"]["p"] >= 0.001


def test_only_contactable_people_are_in_the_global_group(acme: Tenant) -> None:
    people(1, 20)
    people(21, 10, contactable=False)
    expired = people(31, 5)
    ConsentRecord.objects.filter(customer_id__in=expired).update(
        expires_at=clock.now() - timedelta(seconds=1)
    )
    unproved = people(36, 5)
    AdPermission.objects.filter(customer_id__in=unproved).update(identity_proof="NONE")
    assert services.ensure_global_group().assigned_now == 20


def test_newcomers_get_their_arm_by_the_threshold_and_nobody_changes(acme: Tenant) -> None:
    people(1, 400)
    services.ensure_global_group()
    before = dict(Assignment.objects.values_list("customer_id", "arm"))
    newcomers = people(401, 600)
    assert services.ensure_global_group().assigned_now == 600
    assert services.ensure_global_group().assigned_now == 0
    after = dict(Assignment.objects.values_list("customer_id", "arm"))
    assert {each: after[each] for each in before} == before
    salt = services.ensure_salt()
    layer = selectors.global_layer()
    assert layer is not None
    expected = {
        each for each in newcomers
        if bucket(assignment_hash(salt, "global", layer.version, uuid.UUID(int=each))) < 1000
    }  # fmt: skip
    assert {each for each in newcomers if after[each] == "control"} == expected
    assert expected
    assert set(Assignment.objects.filter(customer_id__in=newcomers).values_list(
        "reason", flat=True)) == {"newcomer"}  # fmt: skip


def test_a_local_draw_is_what_its_preview_showed(acme: Tenant) -> None:
    people(1, 300)
    shown = services.preview_local(code="exp-5", control_bp=2000, population=EVERYBODY)
    assert Assignment.objects.count() == 0
    at = clock.now()
    layer = services.draw_local(code="exp-5", control_bp=2000, population=EVERYBODY, assigned_at=at)
    control = set(
        Assignment.objects.filter(layer=layer, arm="control").values_list("customer_id", flat=True)
    )
    assert control == set(shown.customer_ids[shown.control].tolist())
    assert selectors.arm_counts(layer.pk) == selectors.ArmCounts(240, 60)
    assert set(Assignment.objects.values_list("assigned_at", flat=True)) == {at}


def test_two_experiments_choose_independently(acme: Tenant) -> None:
    people(1, 4000)
    first = services.preview_local(code="exp-1", control_bp=5000, population=EVERYBODY)
    second = services.preview_local(code="exp-2", control_bp=5000, population=EVERYBODY)
    a = dict(zip(first.customer_ids.tolist(), first.control.tolist(), strict=True))
    b = dict(zip(second.customer_ids.tolist(), second.control.tolist(), strict=True))
    both = sum(a[each] and b[each] for each in a)
    assert abs(both - 1000) < 130  # four standard deviations


def test_a_draw_without_people_is_empty_and_says_so(acme: Tenant) -> None:
    layer = services.draw_local(code="exp-1", control_bp=1000, population=EVERYBODY)
    assert layer.report["treated"] == layer.report["control"] == 0
    assert layer.report["strata"] == []


def test_the_other_tenant_has_no_trace(acme: Tenant, beta: Tenant) -> None:
    people(1, 30)
    services.ensure_global_group()
    with tenant_context(beta):
        assert (Layer.objects.count(), Assignment.objects.count()) == (0, 0)


@pytest.mark.parametrize(("eligible", "share"), [(1000, 0.1), (125_000, 0.075), (10**6, 0.05)])
def test_the_share_shrinks_with_the_base(eligible: int, share: float) -> None:
    assert global_control_share(eligible) == pytest.approx(share)


def test_unlike_groups_are_drawn_again_with_another_version(
    acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    people(1, 50)
    answers = iter([0.0001, 0.0002, 0.5])

    def judge(*_: Any) -> Any:
        return Balance({}, 1.0, next(answers))

    monkeypatch.setattr("campaigns.experiments.draws.compare_balance", judge)
    layer = services.draw_local(code="exp-9", control_bp=1000, population=EVERYBODY)
    assert (layer.version, layer.report["attempts"]) == (3, 3)
