"""Erasing one customer with 100,000 events in a base with many more, and the price of sealing.

Prints seconds of the whole erasure (target: 2) and microseconds of sealing and opening a value
with the customer's own key (target: 4). The base is made once a run and dropped with it.
Run `python -m benchmarks.erasure [events around]`.
"""

import os
import sys
import time
from pathlib import Path

from cvm_platform.local.testing import ensure_test_servers

os.environ["DATABASE_URL"] = ensure_test_servers(
    Path(os.environ.get("CVM_BENCH_DIR", "var/bench"))
).database_url
os.environ["DJANGO_SETTINGS_MODULE"] = "cvm_platform.settings.test"  # the package named another

import django

django.setup()  # the imports below need it

from django.core.management import call_command  # noqa: E402 as above
from django.db import transaction  # noqa: E402 as above
from django_tenants.utils import tenant_context  # noqa: E402 as above

from cvm_platform.common import bulk, crypto  # noqa: E402 as above
from cvm_platform.common.schema import connection  # noqa: E402 as above
from tenants.audit.services import SYSTEM  # noqa: E402 as above
from tenants.customers.contracts import CustomerRow  # noqa: E402 as above
from tenants.customers.models import Customer  # noqa: E402 as above
from tenants.customers.sealing import Vault  # noqa: E402 as above
from tenants.customers.services import upsert_customers  # noqa: E402 as above
from tenants.erasure import services  # noqa: E402 as above
from tenants.tenancy.models import Tenant  # noqa: E402 as above
from tenants.tenancy.services import create_tenant  # noqa: E402 as above

OWN, PEOPLE, VALUES = 100_000, 10_000, 20_000
TARGET_SECONDS, TARGET_MICROSECONDS = 2.0, 4.0
_EVENTS = """
INSERT INTO events_event (customer_id, ts, event_id, kind, properties, source)
SELECT {who}, now() - random() * interval '25 days', gen_random_uuid(), 'product_view',
    '{{}}', 'site' FROM generate_series(1, %s) AS n
"""


def _price(tenant: Tenant) -> tuple[float, float]:
    """Microseconds to seal and to open one value; every value of another customer."""
    vault = Vault(tenant)
    keys = [vault.new_wrapped_key()[0] for _ in range(VALUES)]
    started = time.perf_counter()
    sealed = [vault.seal(key, n, f"person{n}@example.org") for n, key in enumerate(keys)]
    middle = time.perf_counter()
    for n, key in enumerate(keys):
        crypto.unseal(key, sealed[n], str(n).encode())
    end = time.perf_counter()
    return (middle - started) / VALUES * 1e6, (end - middle) / VALUES * 1e6


def _erase(tenant: Tenant, around: int) -> float:
    rows = [
        CustomerRow(external_id=f"b{n}", email=f"b{n}@example.org", first_name="Вера")
        for n in range(PEOPLE)
    ]
    for start in range(0, PEOPLE, 2_000):
        upsert_customers(rows=rows[start : start + 2_000], source="bench")
    first = Customer.objects.order_by("pk").values_list("pk", flat=True)[0]
    bulk.run(_EVENTS.format(who=f"{first} + 1 + (n %% {PEOPLE - 1})"), [around])
    bulk.run(_EVENTS.format(who=str(first)), [OWN])
    bulk.run("ANALYZE")
    started = time.perf_counter()
    job = services.begin_erasure(customer_id=first, ground="UNLAWFUL_20_3", requested_by=SYSTEM)
    services.run_job(job_id=job.pk)
    taken = time.perf_counter() - started
    job.refresh_from_db()
    if job.status != "done" or job.verified["left"]:
        raise SystemExit(f"Not erased: {job.status} {job.error} {job.verified}")
    return taken


def main() -> int:
    around = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    call_command("migrate_all", verbosity=0)
    connection.set_schema_to_public()
    with transaction.atomic():
        tenant = create_tenant(slug=f"erasure-{os.getpid()}", name="Erasure bench")
        with tenant_context(tenant):
            taken = _erase(tenant, around)
            seal, unseal = _price(tenant)
        transaction.set_rollback(True)
    print(f"erasing 1 of {PEOPLE:,} with {OWN:,} events, {around:,} around: {taken:.2f} s")
    print(f"a value sealed: {seal:.2f} µs, opened: {unseal:.2f} µs, each with another key")
    is_slow = taken > TARGET_SECONDS or max(seal, unseal) > TARGET_MICROSECONDS
    print("slower than meant" if is_slow else "as fast as meant")
    return int(is_slow)


if __name__ == "__main__":
    sys.exit(main())
