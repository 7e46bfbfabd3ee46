"""What the act and the export of the log say, always in Russian: they are for the regulator."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from cvm_platform.common import clock
from cvm_platform.common.pdf import Document
from tenants.audit.contracts import Action
from tenants.audit.models import ProcessingEntry
from tenants.erasure import registry, selectors
from tenants.erasure.contracts import BACKUP_DAYS, Ground, Means
from tenants.erasure.models import DestructionAct, ErasureJob
from tenants.erasure.words import categories_in_words
from tenants.registers.selectors import operator, parties
from tenants.tenancy.selectors import current_tenant

ANNEX_FROM = 2  # people: from two on they stand in an annex


def content_of(jobs: Sequence[ErasureJob]) -> dict[str, Any]:
    """Items of order 179, paragraph 3, as they are now; names and addresses of the company's."""
    tenant, own = current_tenant(), operator()
    subjects = [
        {"ref": str(each.public_id), "number": each.customer_id,
         "erased_at": each.erased_at.isoformat() if each.erased_at else ""}
        for job in jobs for each in job.subjects.all()
    ]  # fmt: skip
    categories = list(dict.fromkeys(code for job in jobs for code in selectors.categories_of(job)))
    logged = {row["subject"] for row in log_rows([job.pk for job in jobs])}
    finished = max(job.finished_at or job.requested_at for job in jobs)
    keys = [job.keys_destroyed_at for job in jobs if job.keys_destroyed_at]
    return {
        "operator": {"name": own.legal_name or tenant.legal_name or tenant.name,
                     "address": own.address or tenant.address},
        "processors": [[party.name, party.address] for party in parties(clock.now())],
        "subjects": subjects, "categories": categories,
        "system": f"{settings.ISPDN_NAME}, {tenant.name}",
        "stores": _stores(jobs),
        "grounds": sorted({job.ground for job in jobs}),
        "reasons": sorted({job.reason for job in jobs if job.reason}),
        "destroyed_at": finished.isoformat(),
        "keys_destroyed_at": max(keys).isoformat() if keys else "",
        "backup_expiry_date": (finished + timedelta(days=BACKUP_DAYS)).date().isoformat(),
        "verified": [job.verified for job in jobs],
        "jobs": [job.pk for job in jobs],
        "requests": sorted({job.request_id for job in jobs if job.request_id}),
        # paragraph 6: what the export of the log lacks is written into the act
        "log_gaps": [each["ref"] for each in subjects if each["number"] not in logged],
    }  # fmt: skip


def _stores(jobs: Sequence[ErasureJob]) -> list[dict[str, Any]]:
    means = {each.name: each.means for each in registry.erasers()}
    found: dict[str, dict[str, Any]] = {}
    for job in jobs:
        for key, step in job.steps.items():
            name = key.partition(":")[2]
            if name in means and step["rows"]:
                row = found.setdefault(name, {"store": name, "means": str(means[name]), "rows": 0})
                row["rows"] += step["rows"]
                row["at"] = step["at"]
    return list(found.values())


def log_rows(job_ids: Sequence[int]) -> list[dict[str, Any]]:
    """The five items of paragraph 5, from the processing log itself."""
    rows = ProcessingEntry.objects.filter(
        action=Action.DESTROY, object_type="erasure.erasurejob",
        object_id__in=[str(job_id) for job_id in job_ids],
    ).order_by("id")  # fmt: skip
    return [
        {"subject": row.subject_id, "categories": row.categories, "basis": row.basis,
         "reason": row.reason, "at": row.at.isoformat()}
        for row in rows
    ]  # fmt: skip


def short(act: DestructionAct) -> dict[str, Any]:
    """What the second person is shown, and what his signature holds for."""
    content = act.content
    return {
        _("Act"): act.number, _("People"): str(len(content["subjects"])),
        _("Ground"): "; ".join(str(Ground(each).label) for each in content["grounds"]),
        _("Destroyed"): categories_in_words(content["categories"]),
        _("Date"): _moment(content["destroyed_at"]),
        _("Signed by"): "; ".join(
            f"{each['name']}, {each['position']}" for each in act.signatures
        ),
    }  # fmt: skip


def _moment(text: str) -> str:
    if not text:
        return ""
    zone = ZoneInfo(current_tenant().timezone)
    return f"{datetime.fromisoformat(text).astimezone(zone):%d.%m.%Y %H:%M:%S}"


def reason_in_words(content: dict[str, Any]) -> str:
    labels = [str(Ground(each).label) for each in content["grounds"]]
    return "; ".join([*labels, *content["reasons"]])


def _method(content: dict[str, Any]) -> str:
    parts = [_("rows deleted from the database and files from the storage")]
    used = {row["means"] for row in content["stores"]}
    if Means.STAND_IN in used:
        parts.append(_("rows needed for sums separated from the person without a way back"))
    if content["keys_destroyed_at"]:
        parts.append(
            _("the person's encryption key destroyed %(at)s: copies cannot be read")
            % {"at": _moment(content["keys_destroyed_at"])}
        )
    return "; ".join(parts)


def _people(content: dict[str, Any]) -> str:
    subjects = content["subjects"]
    if len(subjects) < ANNEX_FROM:
        return ", ".join(_("customer No. %(number)s, %(ref)s") % each for each in subjects)
    return _("%(n)d people, by number in the annex") % {"n": len(subjects)}


def act_pdf(act: DestructionAct) -> bytes:
    with override("ru"):
        content = act.content
        paper = Document(
            _("Act of destruction of personal data No. %(number)s") % {"number": act.number},
            _("RKN order 179 of 28.10.2022"),
        )
        paper.pairs(items_of(content))
        paper.heading(_("Where it was destroyed"))
        paper.table(
            [_("Store"), _("How"), _("Records"), _("When")],
            [[row["store"], means_words()[row["means"]], str(row["rows"]), _moment(row["at"])]
             for row in content["stores"]],
            (35, 35, 12, 18),
        )  # fmt: skip
        paper.heading(_("What stays and why"))
        paper.table(
            [_("What"), _("Ground"), _("Until")],
            [[categories_in_words(item["item"].split(", ")), item["basis"],
              _("%(n)d years") % {"n": item["years"]}] for item in selectors.retained_items()],
            (30, 55, 15),
        )  # fmt: skip
        _signatures(paper, act)
        if len(content["subjects"]) >= ANNEX_FROM:
            paper.heading(_("Annex: whose data was destroyed"))
            paper.table(
                [_("Number"), _("Reference"), _("When")],
                [[str(each["number"]), each["ref"], _moment(each["erased_at"])]
                 for each in content["subjects"]],
                (20, 50, 30),
            )  # fmt: skip
        return paper.content()


def items_of(content: dict[str, Any]) -> list[tuple[str, str]]:
    own = content["operator"]
    processors = "; ".join(", ".join(filter(None, each)) for each in content["processors"])
    rows = [
        (_("a) Operator"), ", ".join(filter(None, (own["name"], own["address"])))),
        (_("b) Processor"), processors or _("no assignment")),
        (_("c) Whose data"), _people(content)),
        (_("e) Categories of data"), categories_in_words(content["categories"])),
        (_("f) Media"), _("none: processed only by automated means")),
        (_("g) Information system"), content["system"]),
        (_("h) Method"), _method(content)),
        (_("i) Reason"), reason_in_words(content)),
        (_("k) Date"), _moment(content["destroyed_at"])),
        (_("Backups expire"), f"{datetime.fromisoformat(content['backup_expiry_date']):%d.%m.%Y}"),
    ]
    if content["requests"]:
        rows.append((_("Request"), ", ".join(f"№ {each}" for each in content["requests"])))
    if content["log_gaps"]:
        rows.append((_("Not in the log, stated here"), ", ".join(content["log_gaps"])))
    return rows


def means_words() -> dict[str, str]:
    """In the language of the moment."""
    return {
        Means.DELETE: _("deleted"), Means.STAND_IN: _("separated from the person"),
        Means.SHRED: _("key destroyed"), Means.KEEP: _("kept"),
    }  # fmt: skip


def _signatures(paper: Document, act: DestructionAct) -> None:
    paper.heading(_("d) Who destroyed"))
    for each in act.signatures:
        paper.signature(each["position"], each["name"])
        if each["signed_at"] and act.signature_type == DestructionAct.Signature.ELECTRONIC:
            paper.small(_("Signed electronically %(at)s") % {"at": _moment(each["signed_at"])})
    if act.status != DestructionAct.Status.SIGNED:
        paper.paragraph(_("Draft: not signed by both yet."))


def log_pdf(act: DestructionAct) -> bytes:
    with override("ru"):
        content = act.content
        paper = Document(
            _("Export of the log to act No. %(number)s") % {"number": act.number},
            _("RKN order 179 of 28.10.2022, paragraph 5"),
        )
        refs = {each["number"]: each["ref"] for each in content["subjects"]}
        paper.table(
            [_("Whose data"), _("Categories of data"), _("Information system"), _("Reason"),
             _("Date")],
            [[refs.get(row["subject"], str(row["subject"])),
              categories_in_words(row["categories"]), content["system"],
              "; ".join(filter(None, (str(Ground(row["basis"]).label), row["reason"]))),
              _moment(row["at"])] for row in log_rows(content["jobs"])],
            (24, 26, 15, 20, 15),
        )  # fmt: skip
        return paper.content()
