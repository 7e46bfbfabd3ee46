"""What to do next, for the client's first page: few lines, each with one action."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from analytics.features import selectors as features
from campaigns.broadcasts.models import Broadcast
from campaigns.results import selectors
from campaigns.results.models import BroadcastResult
from cvm_platform.common import figures, sight
from cvm_platform.common.templatetags.cvm import day
from tenants.accounts.contracts import Permission
from tenants.tenancy.selectors import current_tenant

May = Callable[[Permission], bool]
SILENT_AFTER = timedelta(days=3)
EACH = 2


@dataclass(frozen=True, slots=True)
class Step:
    icon: str
    title: str
    detail: str
    url: str
    action: str


def _silence(last_order_at: datetime | None, now: datetime, may: May) -> list[Step]:
    if last_order_at is None or now - last_order_at < SILENT_AFTER:
        return []
    if not may(Permission.IMPORTS_RUN):
        return []
    days = (now - last_order_at).days
    return [Step(
        "database-import",
        ngettext("No orders for %(n)d day", "No orders for %(n)d days", days) % {"n": days},
        _("The last one is of %(day)s. Without fresh orders the results come out too low.")
        % {"day": day(last_order_at)},
        reverse("analytics:sources-new"), _("Load orders"),
    )]  # fmt: skip


def _unsigned(may: May) -> list[Step]:
    if not may(Permission.RESULTS_VIEW):
        return []
    waiting = [
        row for row in selectors.latest_results()
        if row.signed_at is None and row.status != BroadcastResult.Status.RUNNING
    ]  # fmt: skip
    signs = may(Permission.RESULTS_SIGN)
    detail = (
        _("Look at the figures and the interval, then sign.") if signs
        else _("The window is closed. Finance signs the figures in their own account.")
    )  # fmt: skip
    return [
        Step(
            "signature",
            _("The result of “%(name)s” waits for finance") % {"name": row.broadcast.name},
            detail, reverse("campaigns:results-detail", args=[row.broadcast.public_id]),
            _("Look and sign") if signs else _("Open the result"),
        )
        for row in waiting[:EACH]
    ]  # fmt: skip


def _drafts(may: May) -> list[Step]:
    if not may(Permission.BROADCASTS_EDIT):
        return []
    found = Broadcast.objects.filter(status=Broadcast.Status.DRAFT).select_related("segment")
    return [
        Step(
            "send", _("“%(name)s” is being prepared") % {"name": row.name},
            row.segment.name if row.segment else _("No segment chosen"),
            reverse("campaigns:broadcasts-detail", args=[row.public_id]), _("Check and send"),
        )
        for row in found.order_by("-id")[:EACH]
    ]  # fmt: skip


def _silent_buyers(may: May) -> list[Step]:
    run = features.answer()
    if run is None or not may(Permission.RFM_VIEW):
        return []
    sums = features.at_risk_of(features.cells_of(run))
    if sums.customers < sight.SMALL or sums.revenue <= 0:
        return []
    shown = sight.people(sums.customers)
    title = ngettext(
        "%(shown)s good buyer went silent", "%(shown)s good buyers went silent",
        sight.seen(sums.customers),
    )  # fmt: skip
    money = sight.HIDDEN
    if not (sight.hides_money() or sight.hides_money("rfm")):
        money = figures.money_short(sight.money(sums.revenue), current_tenant().currency)
    return [Step(
        "users", title % {"shown": shown},
        _("They brought %(money)s in all. A segment of them is one click away.")
        % {"money": money},
        reverse("analytics:features-rfm"), _("See the groups"),
    )]  # fmt: skip


def next_steps(now: datetime, last_order_at: datetime | None, may: May) -> list[Step]:
    """Broken data first, then what others wait for, then the work begun, then the chances."""
    return [*_silence(last_order_at, now, may), *_unsigned(may), *_drafts(may),
            *_silent_buyers(may)]  # fmt: skip
