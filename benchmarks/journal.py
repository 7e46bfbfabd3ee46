"""Writing the processing log with its sealing on, against COPY of the same rows.

Lines are written 1,000 at a time, as the busiest callers do, and sealed in slices; both are
counted. Run `python -m benchmarks.journal [rows]`.
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
from django_tenants.utils import tenant_context  # noqa: E402 as above

from cvm_platform.common import bulk, clock  # noqa: E402 as above
from tenants.audit.contracts import Action, Actor, ProcessingRow  # noqa: E402 as above
from tenants.audit.services import log_processing, seal_stream  # noqa: E402 as above
from tenants.audit.verifying import verify_chains  # noqa: E402 as above
from tenants.tenancy.models import Tenant  # noqa: E402 as above
from tenants.tenancy.services import create_tenant  # noqa: E402 as above

BATCH = 1_000
TARGET = 20_000
COLUMNS = (
    "at", "actor", "actor_role", "ip", "action", "object_type", "object_id", "subject_id",
    "categories", "purpose", "basis", "count", "reason", "result",
)  # fmt: skip


def _rows(count: int) -> list[ProcessingRow]:
    actor = Actor("user:17", "client_support", "10.20.30.40")
    return [
        ProcessingRow(
            actor, Action.VIEW, "page", "analytics:customers-detail", subject_id=n,
            categories=("name", "contact"), purpose="PROMO_DIRECT", reason="complaint 4411",
        )
        for n in range(count)
    ]  # fmt: skip


def _copied(count: int) -> float:
    now = clock.now()
    started = time.perf_counter()
    bulk.copy_rows(
        "audit_processingentry", COLUMNS,
        (
            (now, "user:17", "client_support", "10.20.30.40", "VIEW", "page",
             "analytics:customers-detail", n, ["contact", "name"], "PROMO_DIRECT", "", 1,
             "complaint 4411", "done")
            for n in range(count)
        ),
    )  # fmt: skip
    return time.perf_counter() - started


def main(count: int = 200_000) -> None:
    call_command("migrate_all", verbosity=0)
    tenant = Tenant.objects.filter(schema_name="benchlog").first()
    tenant = tenant or create_tenant(slug="benchlog", name="benchlog")
    with tenant_context(tenant):
        bulk.run("TRUNCATE audit_processingentry, audit_seal")
        copied = _copied(count)
        bulk.run("TRUNCATE audit_processingentry")
        rows = _rows(BATCH)
        started = time.perf_counter()
        for _batch in range(count // BATCH):
            log_processing(rows=rows)
        written = time.perf_counter() - started
        seal_stream(stream="processing")
        total = time.perf_counter() - started
        started = time.perf_counter()
        assert verify_chains() == []
        verified = time.perf_counter() - started
    print(f"{count:,} lines of the log")
    print(f"  COPY {count / copied:,.0f} rows/s, writing {count / written:,.0f}, "
          f"with sealing {count / total:,.0f}, verifying {count / verified:,.0f}")  # fmt: skip
    verdict = "met" if count / total >= TARGET else "MISSED"
    print(f"  with sealing: {copied / total:.2f} of COPY; {TARGET:,} rows/s: {verdict}")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
