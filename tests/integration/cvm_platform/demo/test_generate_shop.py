"""The fast way into the tables writes what the product's own doors would have written."""

from typing import Any

import pytest
from django.core.management import call_command
from django_tenants.utils import schema_context

pytestmark = pytest.mark.usefixtures("own_database")
_STATS = (
    "customer_id", "first_order_at", "last_order_at", "orders", "revenue", "margin", "returns",
    "items", "last_visit_at", "last_open_at", "last_click_at", "order_months", "active_months",
)  # fmt: skip


def test_tables_agree_with_the_generator_and_can_be_opened() -> None:
    from analytics.events.models import Event, Order, OrderLine
    from cvm_platform.demo.bulk_shop import counts
    from tenants.customers.models import ContactPoint, Customer, PersonalName
    from tenants.customers.sealing import Vault
    from tenants.privacy.models import AdPermission
    from tenants.tenancy.models import Tenant

    call_command("generate_shop", "bench_shop", customers=300, weeks=30, verbosity=0)

    tenant = Tenant.objects.get(schema_name="bench_shop")
    shop = _shop()
    assert tenant.is_simulated
    with schema_context("bench_shop"):
        assert Customer.objects.count() == 300
        found = (Order.objects.count(), OrderLine.objects.count(), Event.objects.count())
        assert found == counts(shop)
        people = next(shop.blocks()).people
        vault = Vault(tenant)
        points = list(ContactPoint.objects.filter(kind="email").order_by("customer_id"))
        opened = vault.open_many((p.pk, p.customer_id, bytes(p.sealed)) for p in points)
        assert [opened[p.pk] for p in points] == [mail for mail in people["email"] if mail]
        first = people["first_name"][0]
        tokens = vault.search_tokens(str(first))
        assert PersonalName.objects.filter(tokens__contains=tokens, customer_id=1).exists()
        allowed = AdPermission.objects.filter(channel="EMAIL", status="ACTIVE").first()
        assert allowed is not None
        known = {bytes(p.address_hmac) for p in points if p.customer_id == allowed.customer_id}
        assert bytes(allowed.address_hmac) in known


def test_rollups_equal_those_of_the_slow_way() -> None:
    from analytics.events.models import CustomerStats, Event
    from cvm_platform.demo.coffee_feed import CoffeeFeed
    from tenants.tenancy.models import Tenant

    call_command("generate_shop", "bench_shop", customers=200, weeks=30, no_contacts=True)
    shop = _shop(customers=200)
    with schema_context("bench_shop"):
        fast = {row[0]: row[1:] for row in CustomerStats.objects.values_list(*_STATS)}
        kinds = _kinds(Event)
    tenant = Tenant.objects.get(schema_name="acme")
    feed = CoffeeFeed(shop, tenant)
    with schema_context("acme"):
        feed.customers()
        feed.customers(newcomers=True)
        feed.orders(block.base for block in shop.blocks())
        feed.events(block.events for block in shop.blocks())
        number = {int(pk): n for n, pk in enumerate(feed.ids) if n}
        rows = CustomerStats.objects.values_list(*_STATS)
        slow = {number[row[0]]: row[1:] for row in rows}
        assert _kinds(Event) == kinds
    assert fast == slow
    assert len(fast) > 150


def test_nobody_is_overwritten() -> None:
    from cvm_platform.common.errors import Conflict

    call_command("generate_shop", "bench_shop", customers=50, weeks=20, no_contacts=True)
    with pytest.raises(Conflict, match="has customers already"):
        call_command("generate_shop", "bench_shop", customers=50, weeks=20, no_contacts=True)


def _shop(customers: int = 300) -> Any:
    from cvm_platform.common import clock
    from cvm_platform.demo.coffee import CoffeeShop

    return CoffeeShop(today=clock.today("Europe/Moscow"), customers=customers, weeks=30)


def _kinds(model: Any) -> dict[str, int]:
    from django.db.models import Count

    rows = model.objects.values_list("kind").annotate(n=Count("*")).order_by()
    return dict(rows)
