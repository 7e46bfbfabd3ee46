"""One approval object and one task object for everything that needs a second person."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cvm_platform.common.models import TenantModel
from cvm_platform.common.uuids import uuid7


class Approval(TenantModel):
    """A question with a yes or a no, about a thing as it stood when it was asked."""

    class Status(models.TextChoices):
        PENDING = "pending", _("Waiting for a decision")
        APPROVED = "approved", _("Approved")
        RETURNED = "returned", _("Returned with a note")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        EXPIRED = "expired", _("Nobody decided in time")

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    kind = models.CharField(max_length=40)
    target_type = models.CharField(max_length=60)
    target_id = models.CharField(max_length=60)
    target_url = models.CharField(max_length=200, blank=True, default="")
    title = models.CharField(max_length=200)
    summary = models.TextField(blank=True, default="")
    # {field: value}: what was, what is asked for
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    content_hash = models.CharField(max_length=64)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    asked_by = models.CharField(max_length=60)
    asked_by_id = models.BigIntegerField(null=True)  # a user of the public schema
    asked_at = models.DateTimeField()
    deadline = models.DateTimeField(null=True)
    # who was asked to decide instead of everybody who may
    delegate_id = models.BigIntegerField(null=True)
    decided_by = models.CharField(max_length=60, blank=True, default="")
    decided_by_id = models.BigIntegerField(null=True)
    decided_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "target_type", "target_id"],
                condition=models.Q(status="pending"), name="approval_one_pending",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["target_type", "target_id", "kind"], name="approval_target"),
            models.Index(fields=["status", "deadline"], name="approval_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.title}"


class Comment(TenantModel):
    approval = models.ForeignKey(Approval, on_delete=models.CASCADE, related_name="comments")
    author = models.CharField(max_length=60)
    text = models.TextField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.author}: {self.text[:40]}"


class Task(TenantModel):
    """Work that somebody must do, with its term. `key` names the thing; one open task a thing."""

    class Status(models.TextChoices):
        OPEN = "open", pgettext_lazy("work", "Open")
        DONE = "done", pgettext_lazy("task", "Done")
        DROPPED = "dropped", _("No longer needed")

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=100)
    params = models.JSONField(default=dict)  # numbers and dates for the sentence, no personal data
    url = models.CharField(max_length=200, blank=True, default="")
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.OPEN)
    since = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    alerted = models.PositiveSmallIntegerField(default=0)  # the last of ALERTS that was sent
    assignee_id = models.BigIntegerField(null=True)
    done_at = models.DateTimeField(null=True)
    done_by = models.CharField(max_length=60, blank=True, default="")
    note = models.TextField(blank=True, default="")

    class Meta:
        ordering = [models.F("due_at").asc(nulls_last=True), "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key"], condition=models.Q(status="open"), name="task_one_open"
            ),
        ]
        indexes = [models.Index(fields=["status", "due_at"], name="task_waiting")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
