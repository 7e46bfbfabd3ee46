"""What waits for whom."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cvm_platform.common import clock
from tenants.accounts.models import Membership, User
from tenants.accounts.permissions import allowed
from tenants.approvals import registry
from tenants.approvals.models import Approval, Task
from tenants.tenancy.selectors import current_tenant
from tenants.workdays.contracts import share_of_term

SOON = timedelta(hours=24)
_LATE_SHARE = 0.8
_OVERDUE = 1.0


@dataclass(frozen=True, slots=True)
class Clock:
    """How a term looks: what is left, how much of it is gone (0-1), and its colour."""

    due_at: datetime
    share: float
    state: str  # "", "warn" from 80 % or the last day on, "neg" when overdue
    left: timedelta  # negative when overdue

    @property
    def words(self) -> str:
        """3 days left; 18 h 22 min left; Overdue by 2 days."""
        away = abs(self.left)
        if away >= timedelta(days=2):
            amount = ngettext("%(n)d day", "%(n)d days", away.days) % {"n": away.days}
        else:
            hours, rest = divmod(int(away.total_seconds()), 3600)
            amount = _("%(h)d h %(m)d min") % {"h": hours, "m": rest // 60}
        text = _("Overdue by %(amount)s") if self.left < timedelta() else _("%(amount)s left")
        return text % {"amount": amount}


def clock_of(since: datetime, due_at: datetime, now: datetime | None = None) -> Clock:
    at = now or clock.now()
    share = share_of_term(since, due_at, at)
    left = due_at - at
    state = "neg" if share >= _OVERDUE else "warn" if share >= _LATE_SHARE or left < SOON else ""
    return Clock(due_at, min(share, 1.0), state, left)


def codes_to_decide(role: str) -> list[str]:
    return [kind.code for kind in registry.approval_kinds() if allowed(role, kind.approver)]


def codes_to_do(role: str) -> list[str]:
    return [kind.code for kind in registry.task_kinds() if allowed(role, kind.permission)]


def approvals_for(role: str, user_id: int | None) -> QuerySet[Approval]:
    """Pending ones that this person may decide: not his own, not delegated to somebody else."""
    waiting = Approval.objects.filter(
        status=Approval.Status.PENDING, kind__in=codes_to_decide(role)
    ).exclude(asked_by_id=user_id, kind__in=_second_person())
    return (waiting.filter(delegate_id=None) | waiting.filter(delegate_id=user_id)).order_by(
        "deadline", "id"
    )


def _second_person() -> list[str]:
    return [kind.code for kind in registry.approval_kinds() if kind.needs_second]


def approvals_asked_by(user_id: int | None) -> QuerySet[Approval]:
    return Approval.objects.filter(asked_by_id=user_id, status=Approval.Status.PENDING)


def approvals_done() -> QuerySet[Approval]:
    return Approval.objects.exclude(status=Approval.Status.PENDING).order_by("-decided_at", "-id")


def approval_by_public_id(public_id: Any) -> Approval | None:
    return Approval.objects.filter(public_id=public_id).first()


def is_approved(*, kind: str, target_id: str, content_hash: str) -> bool:
    """Whether the newest decision about exactly this content was yes."""
    last = (
        Approval.objects.filter(kind=kind, target_id=target_id, content_hash=content_hash)
        .exclude(status__in=[Approval.Status.PENDING, Approval.Status.WITHDRAWN])
        .order_by("-id")
        .first()
    )
    return last is not None and last.status == Approval.Status.APPROVED


def tasks_for(role: str, user_id: int | None) -> QuerySet[Task]:
    """Open ones of this role, without those that are somebody else's."""
    mine = Task.objects.filter(status=Task.Status.OPEN, kind__in=codes_to_do(role))
    return mine.filter(assignee_id=None) | mine.filter(assignee_id=user_id)


def tasks_done(role: str) -> QuerySet[Task]:
    done = Task.objects.exclude(status=Task.Status.OPEN)
    return done.filter(kind__in=codes_to_do(role)).order_by("-done_at", "-id")


def task_by_public_id(public_id: Any) -> Task | None:
    return Task.objects.filter(public_id=public_id).first()


def urgent_count(role: str, user_id: int | None) -> int:
    """Decisions that wait and work that is due within a day: the red number in the menu."""
    soon = clock.now() + SOON
    return (
        approvals_for(role, user_id).count()
        + tasks_for(role, user_id).filter(due_at__lt=soon).count()
    )


def people_who_may(permission: str) -> list[User]:
    """Members of the current company who are open for work and hold the permission."""
    members = (
        Membership.objects.open_on(clock.now().date())
        .filter(tenant_id=current_tenant().pk)
        .select_related("user")
        .order_by("user__name")
    )
    return [each.user for each in members if allowed(each.role, permission)]
