"""Calculating RFM: asked for, done by a task, stored with its borders and sums."""

import json
import time
from datetime import datetime
from typing import Any

from django.db import DatabaseError, transaction

from analytics.events.models import Order
from analytics.features import presets, rfm_sql
from analytics.features.models import RfmRun
from analytics.features.selectors import is_running, last_run
from cvm_platform.common import bulk, clock
from cvm_platform.common.jobs import enqueue
from cvm_platform.common.schema import connection
from tenants.audit import services as audit
from tenants.customers.models import Customer
from tenants.erasure.selectors import excluded_from_models
from tenants.tenancy.selectors import current_tenant


@transaction.atomic
def request_rfm(*, actor: audit.Actor = audit.SYSTEM) -> RfmRun:
    """Asks for a calculation; while one runs, gives that one."""
    bulk.lock_tenant("rfm-request")
    running = last_run()
    if running is not None and is_running(running):
        return running
    now = clock.now()
    run = RfmRun.objects.create(requested_at=now, as_of=now)
    audit.record(actor=actor, action="rfm.requested", target=run)
    enqueue("features.refresh_rfm", run_id=run.pk)
    return run


def refresh_rfm(*, as_of: datetime | None = None, run_id: int | None = None) -> RfmRun:
    """Scores every buyer from the rollups and stores the answer.

    Args:
        as_of: orders after it are not looked at; now by default. Rollups know no past: for an
            earlier date, count before later orders are loaded.
        run_id: a run already asked for; without it a new one is made.

    Raises:
        DatabaseError: kept as the run's failure; the last good answer stays.
    """
    now = as_of or clock.now()
    run = (
        RfmRun.objects.get(pk=run_id)
        if run_id
        else RfmRun.objects.create(requested_at=clock.now(), as_of=now)
    )
    if run.status == RfmRun.Status.DONE:
        return run  # the task came twice
    try:
        _calculate(run, now)
    except DatabaseError as error:
        RfmRun.objects.filter(pk=run.pk).update(
            status=RfmRun.Status.FAILED, error=type(error).__name__
        )
        raise
    return run


def _calculate(run: RfmRun, now: datetime) -> None:
    started = time.monotonic()
    with transaction.atomic():
        # two calculations at once would write the same rows in different orders
        bulk.lock_tenant("rfm")
        customers, cells, borders = _score(now)
        run.customers = customers
        run.cells, run.borders = cells, borders
        run.as_of = now
        run.is_margin_assumed = _margin_assumed()
        run.status, run.error = RfmRun.Status.DONE, ""
        run.computed_at = clock.now()
        run.duration_ms = round((time.monotonic() - started) * 1000)
        run.save()


def _score(now: datetime) -> tuple[int, Any, Any]:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = %s", [rfm_sql.WORK_MEM])
        cursor.execute(
            rfm_sql.REFRESH,
            {
                "active": Customer.Status.ACTIVE.value,
                "as_of": now,
                # who stopped promotion is neither scored nor a measure for others
                "excluded": sorted(excluded_from_models()),
                "presets": presets.preset_table(),
            },
        )
        count, cells, borders = cursor.fetchone()
        cursor.execute("SET LOCAL work_mem = DEFAULT")
    # Django's cursor leaves JSON as text
    return count, json.loads(cells), json.loads(borders)


def _margin_assumed() -> bool:
    """Only a tenant that stated a rate can have orders that rest on it."""
    if current_tenant().assumed_margin_bp is None:
        return False
    return Order.objects.filter(is_margin_assumed=True, customer_id__isnull=False).exists()
