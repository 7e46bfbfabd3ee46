"""Beginning an erasure: the person is blocked at once, in the caller's transaction."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from cvm_platform.common import bulk, clock
from cvm_platform.common.errors import InvalidInput, NotFound
from cvm_platform.common.jobs import enqueue
from tenants.audit.contracts import Action
from tenants.audit.services import SYSTEM, Actor, ProcessingRow, log_processing, record
from tenants.customers.models import Customer
from tenants.customers.services import set_status
from tenants.erasure.contracts import TERMS
from tenants.erasure.models import ErasureJob, ErasureSubject
from tenants.tenancy.selectors import current_tenant
from tenants.workdays.contracts import Term
from tenants.workdays.selectors import work_calendar

MOST_AT_ONCE = 1_000
OPEN = (
    ErasureJob.Status.PENDING, ErasureJob.Status.RUNNING, ErasureJob.Status.HELD,
    ErasureJob.Status.PARTIAL, ErasureJob.Status.FAILED,
)  # fmt: skip


def term_of(ground: str, at: datetime) -> Term:
    """The longest the law allows from `at` on."""
    days, is_working = TERMS[ground]
    calendar, zone = work_calendar(), ZoneInfo(current_tenant().timezone)
    day = at.astimezone(zone).date()
    return calendar.working_term(day, days) if is_working else calendar.calendar_term(day, days)


def begin_erasure(
    *,
    customer_id: int,
    ground: str,
    reason: str = "",
    request_id: int | None = None,
    requested_by: Actor = SYSTEM,
) -> ErasureJob:
    """Blocks a person and has him erased by a worker. Asking twice is one erasure.

    Args:
        ground: one of `contracts.Ground`.
        reason: in words, for the act; no personal data.
        request_id: of the request that asked for it.

    Raises:
        InvalidInput: no such ground.
        NotFound: no such customer, or erased already.
    """
    if ground not in TERMS:
        raise InvalidInput(_("There is no such ground for erasing."), fields={"ground": ground})
    with transaction.atomic():
        bulk.lock_tenant(f"erasure:{customer_id}")
        known = Customer.objects.filter(pk=customer_id).first()
        if known is None or known.status == Customer.Status.ERASED:
            raise NotFound(_("There is no such customer, or his data is erased already."))
        running = ErasureJob.objects.filter(
            subjects__customer_id=customer_id, status__in=OPEN
        ).first()
        if running is not None:
            return _joined(running, ground, request_id)
        return begin_many(
            customer_ids=[customer_id], ground=ground, reason=reason, request_id=request_id,
            requested_by=requested_by,
        )  # fmt: skip


def _joined(job: ErasureJob, ground: str, request_id: int | None) -> ErasureJob:
    """A second demand makes the term shorter, never longer."""
    due = term_of(ground, clock.now()).due_at(current_tenant().timezone)
    if due < job.due_at:
        job.ground, job.due_at = ground, due
    job.request_id = job.request_id or request_id
    job.next_at = None
    job.save(update_fields=["ground", "due_at", "request_id", "next_at"])
    enqueue("erasure.run", job_id=job.pk)
    return job


def begin_many(
    *,
    customer_ids: Sequence[int],
    ground: str,
    reason: str = "",
    request_id: int | None = None,
    requested_by: Actor = SYSTEM,
) -> ErasureJob:
    """The same for up to `MOST_AT_ONCE` people with one reason, in one job and one act."""
    now = clock.now()
    term = term_of(ground, now)
    with transaction.atomic():
        people = dict(
            Customer.objects.filter(pk__in=list(customer_ids)[:MOST_AT_ONCE])
            .exclude(status=Customer.Status.ERASED).values_list("pk", "public_id")
        )  # fmt: skip
        job = ErasureJob.objects.create(
            ground=ground, reason=reason.strip()[:300], request_id=request_id,
            requested_by=requested_by.name, requested_at=now,
            due_at=term.due_at(current_tenant().timezone), is_provisional=term.is_provisional,
        )  # fmt: skip
        ErasureSubject.objects.bulk_create(
            ErasureSubject(job=job, customer_id=customer_id, public_id=public_id)
            for customer_id, public_id in sorted(people.items())
        )
        blockable = [Customer.Status.ACTIVE, Customer.Status.BLOCKED]
        pending = Customer.Status.ERASURE_PENDING
        set_status(customer_ids=list(people), status=pending, only_from=blockable)
        log_processing(
            rows=[
                ProcessingRow(
                    actor=requested_by, action=Action.BLOCK, object_type="erasure.erasurejob",
                    object_id=str(job.pk), subject_id=customer_id, basis=ground,
                )
                for customer_id in people
            ]
        )  # fmt: skip
        record(actor=requested_by, action="erasure.begun", target=job,
               details={"people": len(people), "ground": ground})  # fmt: skip
        enqueue("erasure.run", job_id=job.pk)
    return job
