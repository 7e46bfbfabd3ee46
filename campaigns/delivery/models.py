"""The sending path: dispatch → audience in slices → messages behind one gate.

For every dispatch: sent + suppressed + failed + ambiguous = audience. Always.
"""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from cvm_platform.common.models import TenantModel
from cvm_platform.common.uuids import uuid7


class Dispatch(TenantModel):
    """One run of sending: its frozen content, its counts, its state."""

    class Status(models.TextChoices):
        PREPARING = "preparing", _("Preparing")
        RUNNING = "running", _("Sending")
        PAUSED = "paused", _("Paused")
        CANCELLED = "cancelled", _("Cancelled")
        FINISHED = "finished", _("Finished")

    class Purpose(models.TextChoices):
        BROADCAST = "broadcast", _("Broadcast")
        TEST = "test", _("Test")

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    channel = models.CharField(max_length=20, default="EMAIL")
    lane = models.CharField(max_length=8, default="bulk")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PREPARING)
    # subject, html, text, sender, message class … as they were when it started
    content = models.JSONField()
    # what the gate needs to know of the campaign: layers, caps, class
    policy = models.JSONField(default=dict)
    price = models.DecimalField(max_digits=12, decimal_places=4, default=0)  # minor units each
    audience = models.BigIntegerField(default=0)
    slice_size = models.PositiveIntegerField(default=200)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    pause_reason = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"


class Slice(TenantModel):
    """100-500 people of an audience, worked by one worker under a lease."""

    class Status(models.TextChoices):
        PENDING = "pending", _("Waiting")
        CLAIMED = "claimed", _("In work")
        DONE = "done", _("Done")

    # No index of its own: those below begin with it, here and in the next two. And those have no
    # constraint: one look at the dispatch for each of a million rows, for what one INSERT knows.
    dispatch = models.ForeignKey(
        Dispatch, on_delete=models.CASCADE, related_name="slices", db_index=False
    )
    number = models.PositiveIntegerField()
    size = models.PositiveIntegerField()
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.PENDING)
    lease_until = models.DateTimeField(null=True)
    lease_owner = models.CharField(max_length=60, blank=True, default="")
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dispatch", "number"], name="slice_once"),
        ]
        indexes = [
            # by number first: two dispatches of a tenant take turns
            models.Index(
                fields=["number", "dispatch"],
                condition=models.Q(status="pending"),
                name="slice_pending",
            ),
            models.Index(
                fields=["lease_until"], condition=models.Q(status="claimed"), name="slice_leased"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dispatch_id}#{self.number}"


class Recipient(TenantModel):
    """The audience as a stored list, fixed before the first message."""

    pk = models.CompositePrimaryKey("dispatch_id", "customer_id")
    dispatch = models.ForeignKey(
        Dispatch, on_delete=models.CASCADE, related_name="recipients", db_index=False,
        db_constraint=False,
    )  # fmt: skip
    customer_id = models.BigIntegerField()
    slice_number = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["dispatch", "slice_number"], name="recipient_slice")]

    def __str__(self) -> str:
        return f"{self.dispatch_id}/{self.customer_id}"


class Message(TenantModel):
    """One row per person and dispatch, written before anything is sent: the unique send key."""

    class State(models.TextChoices):
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        SUPPRESSED = "suppressed", _("Not sent by rule")
        FAILED = "failed", _("Failed")
        AMBIGUOUS = "ambiguous", _("Unclear, not repeated")

    pk = models.CompositePrimaryKey("customer_id", "dispatch_id")
    customer_id = models.BigIntegerField()
    dispatch = models.ForeignKey(
        Dispatch, on_delete=models.CASCADE, related_name="messages", db_index=False,
        db_constraint=False,
    )  # fmt: skip
    slice_number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices)
    reason = models.CharField(max_length=40, blank=True, default="")  # gate code or failure code
    detail = models.CharField(max_length=300, blank=True, default="")
    contact_id = models.BigIntegerField(null=True)
    permission_id = models.BigIntegerField(null=True)
    consent_id = models.BigIntegerField(null=True)
    provider_id = models.CharField(max_length=100, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())
    # set and committed before the first byte leaves: from here on a crash makes it ambiguous,
    # until then it may be tried again
    handed_over_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)  # refused for now, to be tried again
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["dispatch", "state", "reason"], name="message_dispatch"),
            models.Index(fields=["dispatch", "slice_number"], name="message_slice"),
            # what counts against the frequency cap: everything that left or may have left
            models.Index(
                fields=["customer_id", "created_at"],
                condition=models.Q(state__in=["sending", "sent", "ambiguous"]),
                name="message_recent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dispatch_id}/{self.customer_id}: {self.state}"
