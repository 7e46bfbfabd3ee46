"""Cards of the officer's desk: what the agency opened, how consents stand, what waits."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cvm_platform.common import clock
from cvm_platform.common.figures import number
from tenants.accounts.contracts import AGENCY_ROLES, Permission
from tenants.accounts.permissions import allowed
from tenants.approvals.selectors import approvals_for, clock_of
from tenants.audit.contracts import Action, Result
from tenants.audit.models import ProcessingEntry
from tenants.audit.selectors import actor_names
from tenants.audit.words import fields_in_words
from tenants.privacy.models import ConsentRecord
from tenants.registers.models import LeakIncident
from tenants.registers.selectors import active_agreement
from tenants.requests.contracts import Line, Panel
from tenants.tenancy.selectors import current_tenant

_SHOWN = 4
_REMEMBER_SECONDS = 300
PROMOTION = "PROMO_DIRECT"


def reveals(role: str) -> Panel | None:
    """What the agency opened today; for those who answer for it."""
    if not allowed(role, Permission.PRIVACY_OVERSEE):
        return None
    zone = ZoneInfo(current_tenant().timezone)
    start = datetime.combine(clock.now().astimezone(zone).date(), time.min, zone)
    rows = ProcessingEntry.objects.filter(
        action=Action.REVEAL, result=Result.DONE, actor_role__in=AGENCY_ROLES, at__gte=start
    )
    count = rows.count()
    shown = list(rows.order_by("-pk")[:_SHOWN])
    names = actor_names(sorted({row.actor for row in shown}))
    badge = ngettext("%(n)s field", "%(n)s fields", count) % {"n": number(count)} if count else ""
    return Panel(
        _("The agency opened today"), badge=badge,
        lines=[
            Line(
                names.get(row.actor, row.actor),
                " · ".join(filter(None, (fields_in_words(row.categories), row.reason))),
                f"{row.at.astimezone(zone):%H:%M}",
            )
            for row in shown
        ],
        empty=_("Nothing was opened"),
        empty_text=_("The agency sees names and contacts masked; each opening will stand here."),
        url="/log/?action=REVEAL", action=_("All openings"),
    )  # fmt: skip


def consents(_role: str) -> Panel:
    """Counted at most once in five minutes."""
    counts: dict[str, int] = cache.get_or_set(
        "requests-consents", _count_consents, _REMEMBER_SECONDS
    ) or {"active": 0, "unproved": 0, "withdrawn": 0}
    agreement = active_agreement(clock.now())
    until = _("no running assignment")
    if agreement is not None:
        until = _("without a term")
        if agreement.valid_to is not None:
            until = _("until %(day)s") % {"day": date_format(agreement.valid_to, "d.m.Y")}
    return Panel(
        _("Consents"),
        pairs=[
            (_("Consent to advertising, proved"), number(counts["active"]), ""),
            (_("Without proof: not written to"), number(counts["unproved"]),
             "warn" if counts["unproved"] else ""),
            (_("Withdrawn in 30 days"), number(counts["withdrawn"]), ""),
            (_("Assignment to the agency"), until, "" if agreement else "neg"),
        ],
    )  # fmt: skip


def _count_consents() -> dict[str, int]:
    rows = ConsentRecord.objects.filter(purpose=PROMOTION)
    return {
        "active": rows.filter(status="ACTIVE").count(),
        "unproved": rows.filter(status="INVALIDATED").count(),
        "withdrawn": rows.filter(
            status="WITHDRAWN", withdrawn_at__gte=clock.now() - timedelta(days=30)
        ).count(),
    }


def decisions(role: str) -> Panel | None:
    if not allowed(role, Permission.REQUESTS_WORK):
        return None
    waiting = list(approvals_for(role, None)[: _SHOWN + 1])
    return Panel(
        _("Wait for your decision"), badge=number(len(waiting)) if waiting else "",
        lines=[
            Line(each.title, url=f"/approvals/{each.public_id}/") for each in waiting[:_SHOWN]
        ],
        empty=_("All is decided"),
        empty_text=_("Exports, unblockings and texts that need your yes will stand here and come to you by mail."),  # noqa: E501 one text
        url="/tasks/" if waiting else "", action=_("All that waits"),
    )  # fmt: skip


def incidents(role: str) -> Panel | None:
    """The open leak that burns most, with both clocks of the regulator (article 21(3.1))."""
    if not allowed(role, Permission.REGISTERS_VIEW):
        return None
    done = (LeakIncident.Status.CLOSED, LeakIncident.Status.FALSE_POSITIVE)
    leak = LeakIncident.objects.exclude(status__in=done).order_by("primary_due").first()
    if leak is None:
        return None
    clocks = [
        (clock_of(leak.detected_at, due), label)
        for due, sent, label in (
            (leak.primary_due, leak.primary_sent_at, _("first notice, 24 hours")),
            (leak.additional_due, leak.additional_sent_at, _("outcome, 72 hours")),
        )
        if sent is None
    ]
    return Panel(
        _("Incident No. %(number)s: %(state)s")
        % {"number": leak.pk, "state": leak.get_status_display()},
        text=_("The regulator hears of a leak within 24 hours, of its causes within 72."),
        clocks=clocks,
    )  # fmt: skip
