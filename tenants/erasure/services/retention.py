"""Terms of storage: every night a look, then a decision of a second person, then the work."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, override

from cvm_platform.common import bulk, clock, figures
from cvm_platform.common.errors import Conflict, InvalidInput, NotFound
from cvm_platform.common.jobs import enqueue
from tenants.accounts.contracts import Permission
from tenants.approvals.contracts import ApprovalKind
from tenants.approvals.services import ask_approval
from tenants.audit.contracts import Action
from tenants.audit.services import SYSTEM, Actor, ProcessingRow, log_processing, record
from tenants.erasure import registry, selectors
from tenants.erasure.contracts import Ground, Rule
from tenants.erasure.models import ErasureJob, RetentionPolicy, RetentionRun
from tenants.erasure.services import acts, begin

APPLY = "erasure.retention"
SAMPLE = 5
SHORTEST_HOURS, LONGEST_HOURS = 24, 10 * 365 * 24
Status = RetentionRun.Status


def look(*, code: str = "") -> list[dict[str, Any]]:
    """What is due now by policy: counts, ids of a few, what stays and why. Changes nothing."""
    now, rules, report = clock.now(), registry.rules(), []
    for policy in RetentionPolicy.objects.filter(is_active=True):
        rule = rules.get(policy.code)
        if rule is None or (code and policy.code != code):
            continue
        cutoff = now - timedelta(hours=policy.hours)
        found = rule.find(cutoff)
        held, _until = selectors.held_until(found.people)
        kept = dict(found.kept) | ({"hold": len(held)} if held else {})
        free = [who for who in found.people if who not in held]
        report.append({
            "code": policy.code, "cutoff": cutoff.isoformat(),
            "count": len(free) if found.people else found.count,
            "is_people": bool(found.people), "kept": kept,
            "sample": [str(who) for who in free[:SAMPLE]] or list(found.sample[:SAMPLE]),
            "needs_approval": policy.needs_approval,
        })  # fmt: skip
    return report


def nightly() -> RetentionRun:
    """Looks; does at once what needs nobody's decision; asks about the rest."""
    report = look()
    with transaction.atomic():
        bulk.lock_tenant("retention")
        applied = {
            row["code"]: _apply_row(row)
            for row in report
            if row["count"] and not row["needs_approval"]
        }
        asked = [row for row in report if row["needs_approval"] and row["count"]]
        RetentionRun.objects.filter(status=Status.WAITING).update(status=Status.REFUSED)
        run = RetentionRun.objects.create(
            looked_at=clock.now(), report=report, applied=applied,
            status=Status.WAITING if asked else Status.LOOKED,
        )  # fmt: skip
        for sweep in registry.sweeps():
            sweep.apply(clock.now())
        if asked:
            _ask(run, asked)
    return run


def _ask(run: RetentionRun, rows: list[dict[str, Any]]) -> None:
    with override("ru"):
        content = {label_of(row["code"]): count_in_words(row) for row in rows}
        ask_approval(
            kind=APPLY, target=run, actor=SYSTEM, after=content,
            title=_("Destroy what is kept too long"),
            summary=_("The terms of storage are over. Nothing is destroyed until you agree."),
            url=reverse("tenants:erasure-run", args=[run.public_id]),
        )  # fmt: skip


def label_of(code: str) -> str:
    rule = registry.rules().get(code)
    return str(rule.label) if rule else code


def count_in_words(row: dict[str, Any]) -> str:
    shown = figures.number(row["count"])
    if row["is_people"]:
        return ngettext("%(n)s person", "%(n)s people", row["count"]) % {"n": shown}
    return ngettext("%(n)s record", "%(n)s records", row["count"]) % {"n": shown}


def decided(target_id: str, is_yes: bool) -> None:
    run = RetentionRun.objects.select_for_update().filter(pk=int(target_id)).first()
    if run is None or run.status != Status.WAITING:
        return
    run.status = Status.APPROVED if is_yes else Status.REFUSED
    run.save(update_fields=["status"])
    if is_yes:
        enqueue("erasure.apply_run", run_id=run.pk)


def apply_run(*, run_id: int) -> RetentionRun:
    """Does what was approved, with the dates that were shown. Repeating it changes nothing.

    Raises:
        NotFound
        Conflict: nobody approved it.
    """
    run = RetentionRun.objects.filter(pk=run_id).first()
    if run is None:
        raise NotFound(_("There is no such look at the terms."))
    if run.status == Status.APPLIED:
        return run
    if run.status != Status.APPROVED:
        raise Conflict(_("Nobody has approved it."))
    for row in run.report:
        if row["needs_approval"] and row["count"] and row["code"] not in run.applied:
            with transaction.atomic():
                run.applied[row["code"]] = _apply_row(row)
                run.save(update_fields=["applied"])
    run.status, run.applied_at = Status.APPLIED, clock.now()
    run.save(update_fields=["status", "applied_at"])
    record(actor=SYSTEM, action="retention.applied", target=run, details=run.applied)
    return run


def _apply_row(row: dict[str, Any]) -> int:
    rule = registry.rules()[row["code"]]
    cutoff = datetime.fromisoformat(row["cutoff"])
    if row["is_people"]:
        return _erase_people(rule, cutoff)
    if rule.apply is None:
        return 0
    rows = rule.apply(cutoff)
    job = _job_of(rule, row, rows)
    log_processing(
        rows=[
            ProcessingRow(
                actor=SYSTEM, action=Action.DESTROY, object_type="erasure.erasurejob",
                object_id=str(job.pk) if job else "", categories=rule.categories, count=rows,
                basis=Ground.ACHIEVED, reason=_reason(rule, row),
            )
        ]
    )  # fmt: skip
    if job is not None:
        acts.make_act(job_ids=[job.pk])
    return rows


def _reason(rule: Rule, row: dict[str, Any]) -> str:
    with override("ru"):
        return _("Term of storage over: %(what)s, up to %(day)s") % {
            "what": rule.label, "day": row["cutoff"][:10],
        }  # fmt: skip


def _job_of(rule: Rule, row: dict[str, Any], rows: int) -> ErasureJob | None:
    """A finished erasure of nobody in particular, for the act; none for technical leftovers."""
    if not row["needs_approval"]:
        return None
    now = clock.now()
    return ErasureJob.objects.create(
        ground=Ground.ACHIEVED, reason=_reason(rule, row), status=ErasureJob.Status.DONE,
        requested_by=SYSTEM.name, requested_at=now, due_at=now, finished_at=now,
        steps={f"rule:{rule.code}": {"rows": rows, "at": now.isoformat()}},
        verified={"checked": 1, "left": [], "at": now.isoformat()},
    )  # fmt: skip


def _erase_people(rule: Rule, cutoff: datetime) -> int:
    people = list(rule.find(cutoff).people)
    held, _until = selectors.held_until(people)
    free = [who for who in people if who not in held]
    for start in range(0, len(free), begin.MOST_AT_ONCE):
        begin.begin_many(
            customer_ids=free[start : start + begin.MOST_AT_ONCE], ground=Ground.ACHIEVED,
            reason=_reason(rule, {"cutoff": cutoff.isoformat()}),
        )  # fmt: skip
    return len(free)


def change_policy(*, code: str, hours: int, is_active: bool, actor: Actor) -> RetentionPolicy:
    """Another term for a category.

    Raises:
        NotFound
        InvalidInput: shorter than a day or longer than ten years.
    """
    if not SHORTEST_HOURS <= hours <= LONGEST_HOURS:
        text = _("From one day to ten years.")
        raise InvalidInput(text, fields={"hours": text})
    with transaction.atomic():
        policy = RetentionPolicy.objects.select_for_update().filter(code=code).first()
        if policy is None:
            raise NotFound(_("There is no such term of storage."))
        before = policy.hours
        policy.hours, policy.is_active = hours, is_active
        policy.save(update_fields=["hours", "is_active"])
        details = {"code": code, "from": before, "to": hours, "active": is_active}
        record(actor=actor, action="retention.changed", target=policy, details=details)
    return policy


KIND = ApprovalKind(APPLY, gettext_lazy("Terms of storage"), Permission.ERASURE_RUN, decided)
