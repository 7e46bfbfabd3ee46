"""Mails to those who must act: when they are asked, and at 50, 80 and 100 % of a term."""

from collections.abc import Callable, Iterable

from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.translation import gettext as _

from cvm_platform.common import clock
from tenants.accounts.models import User
from tenants.approvals import registry, selectors
from tenants.approvals.contracts import ALERTS
from tenants.approvals.models import Approval, Task
from tenants.tenancy.selectors import base_url, current_tenant
from tenants.workdays.contracts import share_of_term

Words = Callable[[], str]  # said when the reader's language is known


def remind() -> int:
    """Reminds of every open task whose next mark has passed; each mark once. Returns how many."""
    now, sent = clock.now(), 0
    open_tasks = Task.objects.filter(status=Task.Status.OPEN, due_at__isnull=False)
    for task in open_tasks.filter(alerted__lt=ALERTS[-1]).order_by("id").iterator():
        if task.due_at is None:
            continue
        share = share_of_term(task.since, task.due_at, now) * 100
        mark = max((level for level in ALERTS if share >= level), default=0)
        # exactly one worker moves the mark on, and only he writes
        if mark > task.alerted and Task.objects.filter(
            pk=task.pk, alerted=task.alerted, status=Task.Status.OPEN
        ).update(alerted=mark):
            _tell_task(task, mark)
            sent += 1
    return sent


def tell_asked(*, approval_id: int) -> int:
    """Mails those who may decide, or the one it was left to. Returns how many."""
    approval = Approval.objects.filter(pk=approval_id, status=Approval.Status.PENDING).first()
    if approval is None:
        return 0
    able = selectors.people_who_may(registry.approval_kind(approval.kind).approver)
    if approval.delegate_id is not None:
        able = [user for user in able if user.pk == approval.delegate_id]
    return mail_each(
        (user for user in able if user.pk != approval.asked_by_id),
        lambda: _("To decide: %(title)s") % {"title": approval.title},
        lambda: approval.summary, f"/approvals/{approval.public_id}/",
    )  # fmt: skip


def tell_decided(*, approval_id: int) -> int:
    """Mails the person who asked."""
    approval = Approval.objects.filter(pk=approval_id).first()
    if approval is None or approval.asked_by_id is None:
        return 0
    return mail_each(
        User.objects.filter(pk=approval.asked_by_id, is_active=True),
        lambda: f"{approval.get_status_display()}: {approval.title}",
        lambda: approval.note, f"/approvals/{approval.public_id}/",
    )  # fmt: skip


def _tell_task(task: Task, mark: int) -> None:
    kind = registry.task_kind(task.kind)
    people = selectors.people_who_may(kind.permission)
    if task.assignee_id is not None:
        people = [user for user in people if user.pk == task.assignee_id] or people

    def subject() -> str:
        title = kind.title(task.params)
        if mark >= ALERTS[-1]:
            return _("Overdue: %(title)s") % {"title": title}
        return _("%(mark)d %% of the term are over: %(title)s") % {"mark": mark, "title": title}

    mail_each(people, subject, lambda: "", task.url or "/tasks/")


def mail_each(people: Iterable[User], subject: Words, text: Words, path: str) -> int:
    """One mail a person, each in the person's own language; no personal data of customers."""
    tenant, sent = current_tenant(), 0
    for user in people:
        with translation.override(user.language):
            lines = [text(), base_url(tenant) + path, tenant.name]
            EmailMessage(
                subject=" ".join(subject().split())[:200],
                body="\n\n".join(line for line in lines if line), to=[user.email],
            ).send()  # fmt: skip
        sent += 1
    return sent
