"""Tenant data cannot be reached outside a tenant, nor from another one."""

from collections.abc import Callable

import pytest
from django_tenants.utils import tenant_context

from cvm_platform.common.errors import NoTenant
from tenants.customers.models import Customer
from tenants.tenancy.models import Tenant


@pytest.mark.parametrize(
    "action",
    [
        lambda: Customer.objects.count(),
        lambda: list(Customer.objects.all()),
        lambda: Customer.objects.create(id=1),
        lambda: Customer.objects.bulk_create([Customer(id=1)]),
        lambda: Customer(id=1).save(),
        lambda: Customer.objects.filter(id=1).update(city="x"),
        lambda: Customer.objects.filter(id=1).delete(),
    ],
    ids=["count", "list", "create", "bulk_create", "save", "update", "delete"],
)
def test_every_operation_outside_a_tenant_raises_before_sql(
    db: None, action: Callable[[], object]
) -> None:
    with pytest.raises(NoTenant):
        action()
    assert Tenant.objects.filter(schema_name="acme").exists()  # the transaction survived


def test_a_tenant_does_not_see_its_neighbour(acme: Tenant, beta: Tenant) -> None:
    Customer.objects.create(id=7, city="Тверь")
    with tenant_context(beta):
        assert Customer.objects.count() == 0
    assert Customer.objects.get().city == "Тверь"


def test_an_instance_of_one_tenant_cannot_be_saved_into_another(acme: Tenant, beta: Tenant) -> None:
    Customer.objects.create(id=7, city="Тверь")
    loaded = Customer.objects.get(id=7)
    with tenant_context(beta):
        with pytest.raises(NoTenant):
            loaded.save()
        assert Customer.objects.count() == 0
