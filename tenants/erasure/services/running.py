"""An erasure, step by step: each store in a transaction of its own, so that a killed worker's
work is taken up where it stopped, and the look after it by another way.
"""

import logging
import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cvm_platform.common import clock
from tenants.accounts.contracts import Permission
from tenants.approvals.contracts import TaskKind
from tenants.approvals.services import close_task, open_task
from tenants.audit.contracts import Action
from tenants.audit.services import SYSTEM, ProcessingRow, log_processing, record
from tenants.erasure import registry, selectors
from tenants.erasure.contracts import WITHOUT_CONTRACT, Basis, Busy, Eraser, Means, Person
from tenants.erasure.models import ErasureJob, ErasureSubject
from tenants.erasure.services import acts, identities, marking, people_of, steps, verifying

LEASE = timedelta(minutes=5)
AGAIN = timedelta(minutes=2)
_log = logging.getLogger(__name__)
Status = ErasureJob.Status


def _title(params: Mapping[str, Any]) -> str:
    return _("The erasure of %(day)s did not finish: look at the reason") % {"day": params["day"]}


TASK = TaskKind(
    "erasure.unfinished", gettext_lazy("Erasure"), Permission.ERASURE_VIEW, _title, by_hand=False
)


def run_job(*, job_id: int) -> ErasureJob | None:
    """Does what is left of one erasure; None when another worker has it or it is not its time.

    Raises:
        Exception: a store failed; the job is kept for another attempt, the person stays blocked.
    """
    job = _claim(job_id)
    if job is None:
        return None
    try:
        _work(job)
    except Busy:
        _put_off(job, Status.RUNNING, clock.now() + AGAIN)
    except Exception as error:
        job.error = type(error).__name__
        _put_off(job, Status.FAILED, clock.now() + AGAIN * 2 ** min(job.attempts, 8))
        open_task(kind=TASK.code, key=str(job.pk), due_at=job.due_at,
                  params={"day": job.requested_at.date().isoformat()})  # fmt: skip
        raise
    return job


def _claim(job_id: int) -> ErasureJob | None:
    now = clock.now()
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    due = Q(next_at=None) | Q(next_at__lte=now)
    taken = ErasureJob.objects.filter(free, due, pk=job_id).exclude(status=Status.DONE)
    if not taken.update(lease_until=now + LEASE, attempts=F("attempts") + 1):
        return None
    return ErasureJob.objects.get(pk=job_id)


def _put_off(job: ErasureJob, status: str, until: Any) -> None:
    job.status, job.next_at, job.lease_until = status, until, None
    job.save(update_fields=["status", "next_at", "lease_until", "error"])


def _work(job: ErasureJob) -> None:
    subjects = list(job.subjects.filter(erased_at=None))
    held, until = selectors.held_until([each.customer_id for each in subjects])
    if held:
        _put_off(job, Status.HELD, until)
        return
    bases = {} if job.ground in WITHOUT_CONTRACT else registry.bases_of(
        [each.customer_id for each in subjects], clock.now()
    )  # fmt: skip
    job.status = Status.RUNNING
    job.save(update_fields=["status"])
    _choose_stand_ins(subjects)
    marking.mark(job=job, subjects=subjects, bound=set(bases))
    free = [each for each in subjects if each.customer_id not in bases]
    bound = [each for each in subjects if each.customer_id in bases]
    people = people_of.persons(free)
    _erase(job, people, part="all")
    _erase(job, people_of.persons(bound), part="free")
    if free:
        job.verified = verifying.verify(people)
        if job.verified["left"]:
            raise RuntimeError("Something is left: " + ", ".join(job.verified["left"]))
    if bound:
        _keep_for_contract(job, bound, bases)
    _finish(job, free, bound, bases)


def stand_in() -> int:
    """A number of nobody: negative, random, written down nowhere."""
    return -1 - secrets.randbits(62)


def _choose_stand_ins(subjects: Sequence[ErasureSubject]) -> None:
    """Negative numbers are nobody's; kept only until the rows have them."""
    for subject in subjects:
        if subject.stand_in is None:
            subject.stand_in = stand_in()
            subject.save(update_fields=["stand_in"])


def _erase(job: ErasureJob, people: Sequence[Person], *, part: str) -> None:
    """`part` "free": only what no contract needs."""
    if not people:
        return
    for eraser in registry.erasers():
        if eraser.means == Means.KEEP or (part == "free" and eraser.is_contract):
            continue
        key = f"{part}:{eraser.name}"
        if key not in job.steps:
            _step(job, eraser, people, key)


def _step(job: ErasureJob, eraser: Eraser, people: Sequence[Person], key: str) -> None:
    with transaction.atomic():
        if eraser.name == "customers.Identity":
            identities.remember(people=people, ground=job.ground)
        rows = steps.run(eraser, people)
        now = clock.now()
        job.steps[key] = {"rows": rows, "at": now.isoformat()}
        job.lease_until = now + LEASE
        if eraser.means == Means.SHRED:
            job.keys_destroyed_at = now
        job.save(update_fields=["steps", "lease_until", "keys_destroyed_at"])


def _keep_for_contract(
    job: ErasureJob, bound: Sequence[ErasureSubject], bases: Mapping[int, Sequence[Basis]]
) -> None:
    for subject in bound:
        subject.kept = [
            {"item": "contract", "basis": basis.code,
             "until": basis.until.isoformat() if basis.until else ""}
            for basis in bases[subject.customer_id]
        ]  # fmt: skip
        subject.save(update_fields=["kept"])
    # the rest is erased when the last of it is over: its steps begin anew
    job.steps = {key: value for key, value in job.steps.items() if not key.startswith("all:")}


def _finish(
    job: ErasureJob, free: Sequence[ErasureSubject], bound: Sequence[ErasureSubject],
    bases: Mapping[int, Sequence[Basis]],
) -> None:  # fmt: skip
    now = clock.now()
    with transaction.atomic():
        _log_destroyed(job, free)
        ErasureSubject.objects.filter(pk__in=[each.pk for each in free]).update(
            erased_at=now, stand_in=None
        )
        job.error, job.lease_until = "", None
        if bound:
            ends = [b.until for each in bound for b in bases[each.customer_id] if b.until]
            job.status, job.next_at = Status.PARTIAL, min(ends) if ends else now + timedelta(days=1)
        else:
            job.status, job.next_at, job.finished_at = Status.DONE, None, now
            close_task(kind=TASK.code, key=str(job.pk))
        job.save()
        if not bound:
            acts.make_act(job_ids=[job.pk])
        record(actor=SYSTEM, action=f"erasure.{job.status}", target=job,
               details={"erased": len(free), "kept": len(bound)})  # fmt: skip


def _log_destroyed(job: ErasureJob, free: Sequence[ErasureSubject]) -> None:
    categories = selectors.categories_of(job)
    log_processing(
        rows=[
            ProcessingRow(
                actor=SYSTEM, action=Action.DESTROY, object_type="erasure.erasurejob",
                object_id=str(job.pk), subject_id=each.customer_id, categories=categories,
                basis=job.ground, reason=job.reason,
            )
            for each in free
        ]
    )  # fmt: skip


def run_due_jobs() -> int:
    """What a killed worker left, what waited for a hold, a contract or a busy store."""
    now = clock.now()
    due = ErasureJob.objects.exclude(status=Status.DONE).filter(
        Q(next_at=None) | Q(next_at__lte=now), Q(lease_until=None) | Q(lease_until__lt=now)
    )
    done = 0
    for job_id in list(due.values_list("pk", flat=True)):
        try:
            done += run_job(job_id=job_id) is not None
        except Exception:  # noqa: BLE001 the others must not wait for one that fails
            _log.exception("Erasure %s did not finish.", job_id)
    return done
