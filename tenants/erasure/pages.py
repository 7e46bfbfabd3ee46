"""Rows of the screens: codes turned into words, terms into clocks."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenants.approvals.selectors import clock_of
from tenants.erasure import papers, registry
from tenants.erasure.contracts import Ground
from tenants.erasure.models import DestructionAct, ErasureJob, RetentionPolicy, RetentionRun
from tenants.erasure.services import retention
from tenants.erasure.words import categories_in_words

_TONES = {
    ErasureJob.Status.DONE: "acc", ErasureJob.Status.FAILED: "neg", ErasureJob.Status.HELD: "warn",
    ErasureJob.Status.PARTIAL: "warn",
}  # fmt: skip
_HOURS_A_DAY, _DAYS_A_YEAR = 24, 365


def job_row(job: ErasureJob) -> dict[str, Any]:
    subjects = list(job.subjects.all())
    is_open = job.status != ErasureJob.Status.DONE
    return {
        "job": job, "people": len(subjects), "one": subjects[0] if len(subjects) == 1 else None,
        "ground": Ground(job.ground).label, "tone": _TONES.get(ErasureJob.Status(job.status), ""),
        "clock": clock_of(job.requested_at, job.due_at) if is_open else None,
    }  # fmt: skip


def steps_of(job: ErasureJob) -> list[dict[str, Any]]:
    """What was done in which store, in the order of the doing."""
    erasers = {each.name: each for each in registry.erasers()}
    rows = []
    for key, step in job.steps.items():
        eraser = erasers.get(key.partition(":")[2])
        if eraser is not None:
            rows.append({
                "what": categories_in_words(eraser.categories), "how": means_in_words(eraser.means),
                "rows": step["rows"], "at": datetime.fromisoformat(step["at"]),
            })  # fmt: skip
    return rows


def means_in_words(means: str) -> str:
    return papers.means_words()[means]


def subjects_of(job: ErasureJob) -> list[dict[str, Any]]:
    rows = []
    for subject in list(job.subjects.all())[:100]:
        kept = [
            {"basis": basis_in_words(each["basis"]),
             "until": datetime.fromisoformat(each["until"]) if each["until"] else None}
            for each in subject.kept
        ]  # fmt: skip
        rows.append({"subject": subject, "kept": [] if subject.erased_at else kept})
    return rows


def basis_in_words(code: str) -> str:
    return {"order": _("Order not finished yet, 152-FZ art. 6(1)(5)")}.get(code, code)


def act_row(act: DestructionAct) -> dict[str, Any]:
    return {
        "act": act, "people": len(act.content["subjects"]),
        "grounds": "; ".join(str(Ground(each).label) for each in act.content["grounds"]),
        "tone": "acc" if act.status == DestructionAct.Status.SIGNED else "warn",
    }  # fmt: skip


def act_page(act: DestructionAct) -> dict[str, Any]:
    return {
        **act_row(act), "items": papers.items_of(act.content),
        "stores": [
            {**row, "how": means_in_words(row["means"]),
             "at": datetime.fromisoformat(row["at"]) if row.get("at") else None}
            for row in act.content["stores"]
        ],
    }  # fmt: skip


def term_in_words(hours: int) -> str:
    days = hours // _HOURS_A_DAY
    if days and days % _DAYS_A_YEAR == 0:
        years = days // _DAYS_A_YEAR
        return ngettext("%(n)d year", "%(n)d years", years) % {"n": years}
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


def policy_row(policy: RetentionPolicy) -> dict[str, Any]:
    return {
        "policy": policy, "label": retention.label_of(policy.code),
        "term": term_in_words(policy.hours), "days": policy.hours // _HOURS_A_DAY,
    }  # fmt: skip


def run_row(run: RetentionRun) -> dict[str, Any]:
    due = [row for row in run.report if row["count"]]
    return {
        "run": run, "found": ", ".join(
            f"{retention.label_of(row['code'])}: {retention.count_in_words(row)}" for row in due
        ),
        "tone": "warn" if run.status == RetentionRun.Status.WAITING else "",
    }  # fmt: skip


def report_row(row: dict[str, Any], applied: dict[str, int] | None = None) -> dict[str, Any]:
    return {
        **row, "label": retention.label_of(row["code"]),
        "found": retention.count_in_words(row), "until": datetime.fromisoformat(row["cutoff"]),
        "stays": [
            _("%(n)s because of a dispute") % {"n": count}
            for reason, count in row["kept"].items() if reason == "hold"
        ],
        "done": None if applied is None else applied.get(row["code"]),
    }  # fmt: skip
