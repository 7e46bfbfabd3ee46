"""A huge backlog of one tenant delays nobody: slices are served by virtual time."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

import pytest
from django_tenants.utils import schema_context, tenant_context

from campaigns.delivery import claims, services
from campaigns.delivery.contracts import Claim
from campaigns.delivery.models import Dispatch, Recipient, Slice
from campaigns.lanes.models import SendLane
from cvm_platform.common import clock
from tenants.tenancy.models import Tenant
from tests.factories.campaigns import make_dispatch, make_people


def backlog(
    tenant: Tenant, slices: int, *, size: int = 100, lane: str = "bulk", weight: int = 1
) -> Dispatch:
    """Slices that wait, without the people: claims do not look at them."""
    with tenant_context(tenant):
        dispatch = Dispatch.objects.create(
            purpose="broadcast", content={}, policy={}, lane=lane, status="running",
            audience=slices * size,
        )  # fmt: skip
        Slice.objects.bulk_create(
            Slice(dispatch=dispatch, number=number, size=size) for number in range(slices)
        )
        claims.enter_lane(tenant.pk, lane, weight)
    return dispatch


def served() -> Iterator[Claim]:
    with schema_context("public"):
        while (claim := claims.claim_slice()) is not None:
            yield claim


def test_a_small_tenant_is_served_next_whatever_stands_before(acme: Tenant, beta: Tenant) -> None:
    backlog(acme, 5000)
    assert [claim.schema for claim in islice(served(), 40)] == ["acme"] * 40
    backlog(beta, 3)
    order = [claim.schema for claim in islice(served(), 10)]
    assert "beta" in order[:2]
    assert order.count("beta") == 3
    assert order[6:] == ["acme"] * 4


def test_who_was_silent_does_not_catch_up_on_the_past(acme: Tenant, beta: Tenant) -> None:
    backlog(acme, 300)
    assert len(list(islice(served(), 200))) == 200
    backlog(beta, 100)
    order = [claim.schema for claim in islice(served(), 40)]
    assert 19 <= order.count("beta") <= 21  # turn by turn, not forty in a row


def test_the_share_follows_the_weight_of_the_plan(acme: Tenant, beta: Tenant) -> None:
    backlog(acme, 200, weight=4)
    backlog(beta, 200, weight=1)
    order = [claim.schema for claim in islice(served(), 50)]
    assert order.count("acme") == 40  # weights 4 and 1


def test_smaller_slices_cost_less_time(acme: Tenant, beta: Tenant) -> None:
    backlog(acme, 100, size=500)
    backlog(beta, 100, size=100)
    order = [claim.schema for claim in islice(served(), 60)]
    assert order.count("acme") == 10


def test_triggers_go_before_bulk(acme: Tenant, beta: Tenant) -> None:
    backlog(acme, 50)
    list(islice(served(), 5))
    urgent = backlog(beta, 2, lane="trigger")
    first = list(islice(served(), 3))
    assert [claim.dispatch_id for claim in first[:2]] == [urgent.pk] * 2
    assert first[2].schema == "acme"


def test_two_dispatches_of_a_tenant_take_turns(acme: Tenant) -> None:
    big, small = backlog(acme, 50), backlog(acme, 3)
    order = [claim.dispatch_id for claim in islice(served(), 6)]
    assert order == [big.pk, small.pk] * 3


def test_every_slice_is_claimed_once(acme: Tenant, beta: Tenant) -> None:
    backlog(acme, 30)
    backlog(beta, 20)
    claimed = [(claim.schema, claim.slice_id) for claim in served()]
    assert len(claimed) == len(set(claimed)) == 50
    owners = set(Slice.objects.values_list("lease_owner", flat=True))
    assert len(owners) == 30
    with schema_context("public"):
        waits = SendLane.objects.values_list("pending", "not_before")
        assert sorted(pending for pending, _moment in waits) == [20, 30]
        assert all(moment > clock.now() + timedelta(seconds=100) for _n, moment in waits if moment)


def test_a_slice_put_off_is_not_claimed_before_its_time(acme: Tenant) -> None:
    backlog(acme, 2)
    later = clock.now() + timedelta(minutes=5)
    Slice.objects.filter(number=0).update(not_before=later)
    assert [claim.number for claim in served()] == [1]
    with schema_context("public"):
        lane = SendLane.objects.get()
        assert lane.not_before is not None
        assert lane.not_before <= later
        assert not claims.has_work(clock.now())


def test_the_reaper_visits_only_tenants_at_work(acme: Tenant, beta: Tenant) -> None:
    backlog(acme, 1)
    with schema_context("public"):
        assert [schema for _pk, schema, _lane in claims.tenants_at_work()] == ["acme"]
    list(served())
    Slice.objects.update(lease_until=clock.now() - timedelta(seconds=1))
    with schema_context("public"):
        assert services.reap() == 1
    assert [claim.attempts for claim in served()] == [2]


@pytest.mark.parametrize(("people", "size"), [(1, 100), (100, 100), (101, 100), (450, 200)])
def test_slices_hold_everybody_once(acme: Tenant, people: int, size: int) -> None:
    make_people(1, people)
    make_dispatch(slice_size=size)
    sizes = list(Slice.objects.order_by("number").values_list("size", flat=True))
    assert sum(sizes) == people
    assert len(sizes) == -(-people // size)
    for number, expected in enumerate(sizes):
        assert Recipient.objects.filter(slice_number=number).count() == expected
