"""The act of destruction and the export of the log (RKN order 179): made, signed by two, kept."""

import calendar
import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cvm_platform.common import bulk, clock
from cvm_platform.common.errors import Conflict, InvalidInput, NotFound
from tenants.accounts.contracts import Permission
from tenants.accounts.models import User
from tenants.approvals.contracts import ApprovalKind, TaskKind
from tenants.approvals.models import Approval
from tenants.approvals.services import ask_approval, close_task, open_task
from tenants.audit.services import SYSTEM, Actor, record
from tenants.erasure import papers, selectors
from tenants.erasure.contracts import ACT_YEARS
from tenants.erasure.models import DestructionAct, ErasureJob
from tenants.tenancy.selectors import current_tenant

SIGN = "erasure.act"
Status = DestructionAct.Status


def _title(params: Mapping[str, Any]) -> str:
    return _("Sign act of destruction %(number)s") % {"number": params["number"]}


TASK = TaskKind(
    "erasure.sign", gettext_lazy("Act of destruction"), Permission.ERASURE_RUN, _title,
    by_hand=False,
)  # fmt: skip


def years_after(day: date, years: int) -> date:
    """The same day, or 28 February."""
    last = calendar.monthrange(day.year + years, day.month)[1]
    return day.replace(year=day.year + years, day=min(day.day, last))


def make_act(*, job_ids: list[int], actor: Actor = SYSTEM) -> DestructionAct:
    """A draft of the act about finished erasures; many people stand in its annex.

    Raises:
        Conflict: one of them is not finished, or has an act already.
    """
    with transaction.atomic():
        bulk.lock_tenant("erasure-act")
        jobs = list(ErasureJob.objects.select_for_update().filter(pk__in=job_ids).order_by("pk"))
        if not jobs or any(job.status != ErasureJob.Status.DONE or job.act_id for job in jobs):
            raise Conflict(_("An act is made once, when everything is destroyed."))
        destroyed_at = max(job.finished_at or job.requested_at for job in jobs)
        day = _day(destroyed_at)
        number = DestructionAct.objects.filter(number__startswith=f"{day.year}-").count() + 1
        act = DestructionAct.objects.create(
            number=f"{day.year}-{number:05d}", destroyed_at=destroyed_at,
            keep_until=years_after(day, ACT_YEARS), content=papers.content_of(jobs),
            created_at=clock.now(),
        )  # fmt: skip
        ErasureJob.objects.filter(pk__in=[job.pk for job in jobs]).update(act=act)
        record(actor=actor, action="erasure.act_made", target=act, details={"jobs": len(jobs)})
        open_task(
            kind=TASK.code, key=str(act.pk), params={"number": act.number}, url=_url(act),
            due_at=max(job.due_at for job in jobs),
        )  # fmt: skip
    return act


def _day(moment: datetime) -> date:
    return moment.astimezone(ZoneInfo(current_tenant().timezone)).date()


def _url(act: DestructionAct) -> str:
    return reverse("tenants:erasure-act", args=[act.public_id])


def sign_act(
    *,
    public_id: UUID,
    actor: Actor,
    name: str,
    position: str,
    signature_type: str,
    second_name: str,
    second_position: str,
) -> DestructionAct:
    """The first of two signs and names the second, who is asked to confirm.

    Raises:
        NotFound
        Conflict: it is signed already, or waits for the second.
        InvalidInput: a name, a position or the kind of signature is missing.
    """
    values = {
        "name": name, "position": position, "signature_type": signature_type,
        "second_name": second_name, "second_position": second_position,
    }  # fmt: skip
    values = {field: text.strip()[:200] for field, text in values.items()}
    _complete(values)
    with transaction.atomic():
        act = DestructionAct.objects.select_for_update().filter(public_id=public_id).first()
        if act is None:
            raise NotFound(_("There is no such act."))
        if act.status != Status.DRAFT:
            raise Conflict(_("This act is signed already or waits for the second signature."))
        act.signature_type = values["signature_type"]
        act.signatures = [
            {"name": values["name"], "position": values["position"], "user_id": actor.user_id,
             "signed_at": clock.now().isoformat()},
            {"name": values["second_name"], "position": values["second_position"],
             "user_id": None, "signed_at": ""},
        ]  # fmt: skip
        act.status = Status.WAITING
        act.save(update_fields=["signature_type", "signatures", "status"])
        record(actor=actor, action="erasure.act_signed", target=act)
        ask_approval(
            kind=SIGN, target=act,
            title=_("Act of destruction %(number)s") % {"number": act.number},
            after=papers.short(act), actor=actor, url=_url(act),
            summary=_("You sign as the second of those who destroyed: %(name)s, %(position)s.")
            % {"name": values["second_name"], "position": values["second_position"]},
        )  # fmt: skip
    return act


def _complete(values: Mapping[str, str]) -> None:
    missing = {
        field: _("Fill this in: without it the act cannot be signed.")
        for field, text in values.items() if not text
    }  # fmt: skip
    if values["signature_type"] not in DestructionAct.Signature.values:
        missing["signature_type"] = _("Choose how it is signed.")
    if missing:
        raise InvalidInput(next(iter(missing.values())), fields=missing)


def decided(target_id: str, is_yes: bool) -> None:
    """The second signature makes the documents; a no gives the draft back."""
    act = DestructionAct.objects.select_for_update().filter(pk=int(target_id)).first()
    if act is None or act.status != Status.WAITING:
        return
    if not is_yes:
        act.status, act.signatures, act.signature_type = Status.DRAFT, [], ""
        act.save(update_fields=["status", "signatures", "signature_type"])
        return
    approval = Approval.objects.filter(kind=SIGN, target_id=target_id).latest("pk")
    now = clock.now()
    act.signatures[1] |= {"user_id": approval.decided_by_id, "signed_at": now.isoformat()}
    signer = User.objects.filter(pk=approval.decided_by_id or 0).first()
    if signer is not None and signer.name:
        act.signatures[1]["account"] = signer.name
    _finalise(act, now)


def _finalise(act: DestructionAct, now: datetime) -> None:
    people = act.signatures
    if len(people) < 2 or not all(each["name"] and each["position"] for each in people):
        raise Conflict(_("An act needs two people with their positions."))
    act.status, act.signed_at = Status.SIGNED, now
    folder = f"erasure/{current_tenant().schema_name}"
    for kind, made in (("act", papers.act_pdf(act)), ("log", papers.log_pdf(act))):
        path = default_storage.save(f"{folder}/{act.number}-{kind}.pdf", ContentFile(made))
        setattr(act, f"{kind}_path", path)
        setattr(act, f"{kind}_sha256", hashlib.sha256(made).hexdigest())
    act.save()
    close_task(kind=TASK.code, key=str(act.pk))


def document(act: DestructionAct, kind: str) -> bytes:
    """The kept "act" or "log", or a draft made now.

    Raises:
        Conflict: the kept file is not the one that was signed.
    """
    path = getattr(act, f"{kind}_path")
    if not path:
        return papers.act_pdf(act) if kind == "act" else papers.log_pdf(act)
    with default_storage.open(path) as file:
        content: bytes = file.read()
    if hashlib.sha256(content).hexdigest() != getattr(act, f"{kind}_sha256"):
        raise Conflict(_("The kept file is not the one that was signed."), code="changed")
    return content


def destroy_old_acts(cutoff: date) -> int:
    """Acts and exports are kept exactly three years, then destroyed themselves."""
    rows = 0
    for act in selectors.acts().filter(keep_until__lt=cutoff):
        for path in (act.act_path, act.log_path):
            if path:
                default_storage.delete(path)
        ErasureJob.objects.filter(act=act).delete()
        act.delete()
        rows += 1
    return rows


KIND = ApprovalKind(SIGN, gettext_lazy("Act of destruction"), Permission.ERASURE_SIGN, decided)
