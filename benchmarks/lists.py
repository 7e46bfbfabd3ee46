"""The list of customers and the page of one, over HTTP views, on the base of `segments`.

Prints p50 and p95 of the whole request (middleware, queries, template) and its ratio to the same
request for a page that shows almost nothing.
Run `python -m benchmarks.lists [customers] [events]`.
"""

import random
import sys
import time
from collections.abc import Callable

from django.test import Client
from django_tenants.utils import tenant_context

from analytics.events.models import CustomerStats
from benchmarks.segments import prepared_tenant
from tenants.customers.models import Customer
from tests.factories.accounts import client_of

REPEATS = 60
SAMPLE = 200


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


def main(customers: int = 1_000_000, events: int = 10_000_000) -> None:
    tenant = prepared_tenant(customers, events)
    client = client_of(tenant, "agency_owner")
    with tenant_context(tenant):
        city = Customer.objects.exclude(city="").values_list("city", flat=True).first()
        known = list(
            CustomerStats.objects.filter(orders__gt=0).values_list("pk", flat=True)[:SAMPLE]
        )
        people = list(Customer.objects.filter(pk__in=known).values_list("public_id", flat=True))
    pages: dict[str, Callable[[], None]] = {
        "team (a small page)": lambda: _get(client, "/team/"),
        "list, the most valuable first": lambda: _get(client, "/customers/"),
        "list, bought last first": lambda: _get(client, "/customers/?sort=recent"),
        "list, newest first": lambda: _get(client, "/customers/?sort=new"),
        "list of one city": lambda: _get(client, f"/customers/?city={city}"),
        "page of a customer": lambda: _get(client, f"/customers/{random.choice(people)}/"),
    }
    print(f"{customers:,} customers, {events:,} events")
    print(f"{'':<34}{'p50 ms':>8}{'p95 ms':>8}{'ratio':>8}")
    base = 0.0
    for name, call in pages.items():
        median, slow = _times(call)
        base = base or median
        print(f"{name:<34}{median:>8.1f}{slow:>8.1f}{median / base:>8.2f}")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:3]))
