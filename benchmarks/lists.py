"""The list of customers and the page of one, over HTTP views, on a simulated shop.

Names and contacts are sealed as in life, so a page opens as many as it shows. Prints p50 and p95
of the whole request (middleware, queries, template) and its ratio to the same request for a page
that shows almost nothing. The shop is made once and kept.
Run `python -m benchmarks.lists [customers] [weeks of history]`.
"""

import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

from cvm_platform.local.testing import ensure_test_servers

os.environ["DATABASE_URL"] = ensure_test_servers(
    Path(os.environ.get("CVM_BENCH_DIR", "var/bench"))
).database_url
os.environ["DJANGO_SETTINGS_MODULE"] = "cvm_platform.settings.test"  # the package named another

import django

django.setup()  # the imports below need it

from django.core.management import call_command  # noqa: E402 as above
from django.test import Client  # noqa: E402 as above
from django_tenants.utils import tenant_context  # noqa: E402 as above

from analytics.events.models import CustomerStats  # noqa: E402 as above
from analytics.features.services import refresh_rfm  # noqa: E402 as above
from cvm_platform.common.schema import connection  # noqa: E402 as above
from tenants.accounts.models import User  # noqa: E402 as above
from tenants.customers.models import Customer  # noqa: E402 as above
from tenants.tenancy.models import Tenant  # noqa: E402 as above
from tests.factories.accounts import client_of  # noqa: E402 as above

REPEATS = 60
SAMPLE = 200
TARGET_MS = 100


def _times(call: Callable[[], object]) -> tuple[float, float]:
    """p50 and p95 in milliseconds; the first three calls warm up."""
    found = []
    for number in range(REPEATS + 3):
        started = time.perf_counter()
        call()
        if number >= 3:
            found.append((time.perf_counter() - started) * 1000)
    found.sort()
    return found[len(found) // 2], found[int(len(found) * 0.95)]


def _get(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200, (path, response.status_code)


def prepared_shop(customers: int, weeks: int) -> Tenant:
    call_command("migrate_all", verbosity=0)
    schema = f"lists{customers}w{weeks}"
    tenant = Tenant.objects.filter(schema_name=schema).first()
    if tenant is None:
        call_command("generate_shop", schema, customers=customers, weeks=weeks)
        tenant = Tenant.objects.get(schema_name=schema)
        with tenant_context(tenant):
            refresh_rfm()
        connection.set_schema_to_public()
    return tenant


def pages_of(tenant: Tenant) -> dict[str, Callable[[], None]]:
    User.objects.filter(email__endswith="@staff.example").delete()  # of the last run
    client = client_of(tenant, "client_marketer")
    with tenant_context(tenant):
        city = Customer.objects.exclude(city="").values_list("city", flat=True).first()
        known = list(
            CustomerStats.objects.filter(orders__gt=0).values_list("pk", flat=True)[:SAMPLE]
        )
        busiest = list(
            CustomerStats.objects.order_by("-revenue").values_list("pk", flat=True)[:SAMPLE]
        )
        people = {
            "ordinary": list(Customer.objects.filter(pk__in=known).values_list("public_id")),
            "best": list(Customer.objects.filter(pk__in=busiest).values_list("public_id")),
        }
    connection.set_schema_to_public()

    def card(kind: str) -> Callable[[], None]:
        return lambda: _get(client, f"/customers/{random.choice(people[kind])[0]}/")

    return {
        "segments (a small page)": lambda: _get(client, "/segments/"),
        "list, the most valuable first": lambda: _get(client, "/customers/"),
        "list, bought last first": lambda: _get(client, "/customers/?sort=recent"),
        "list, newest first": lambda: _get(client, "/customers/?sort=new"),
        "list of one city": lambda: _get(client, f"/customers/?city={city}"),
        "found by name": lambda: _get(client, "/customers/?q=Кузнецова+Ольга"),
        "found by the start of a name": lambda: _get(client, "/customers/?q=Куз"),
        "found by e-mail": lambda: _get(client, "/customers/?q=nobody@mail.example"),
        "page of a customer": card("ordinary"),
        "page of one of the best": card("best"),
    }


def measure(tenant: Tenant) -> bool:
    """Whether every page keeps to the target."""
    print(f"{'':<34}{'p50 ms':>8}{'p95 ms':>8}{'ratio':>8}")
    base, is_met = 0.0, True
    for name, call in pages_of(tenant).items():
        median, slow = _times(call)
        base = base or median
        is_met = is_met and slow < TARGET_MS
        print(f"{name:<34}{median:>8.1f}{slow:>8.1f}{median / base:>8.2f}")
    return is_met


def main(customers: int = 1_000_000, weeks: int = 26) -> None:
    tenant = prepared_shop(customers, weeks)
    print(f"{customers:,} customers, {weeks} weeks")
    verdict = "met" if measure(tenant) else "MISSED"
    print(f"p95 of list and page under {TARGET_MS} ms: {verdict}")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:3]))
