"""A one-off send: to whom, what, measured how; then frozen."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.channels.models import EmailTemplate, SenderIdentity
from campaigns.delivery.models import Dispatch
from campaigns.experiments.models import Layer
from campaigns.segments.models import Segment
from cvm_platform.common.models import TenantModel
from cvm_platform.common.uuids import uuid7


class Broadcast(TenantModel):
    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PREPARING = "preparing", _("Preparing")
        SENDING = "sending", _("Sending")
        PAUSED = "paused", _("Paused")
        SENT = "sent", _("Sent")
        CANCELLED = "cancelled", _("Cancelled")

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    name = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    channel = models.CharField(max_length=20, default="EMAIL", db_default="EMAIL")
    # whose advertising it is, when the company has several brands; and what it is about
    brand = models.CharField(max_length=100, blank=True, default="", db_default="")
    topic = models.CharField(max_length=60, blank=True, default="", db_default="")
    segment = models.ForeignKey(Segment, on_delete=models.PROTECT, null=True, related_name="+")
    template = models.ForeignKey(
        EmailTemplate, on_delete=models.PROTECT, null=True, related_name="+"
    )
    sender = models.ForeignKey(
        SenderIdentity, on_delete=models.PROTECT, null=True, related_name="+"
    )
    # measurement, registered before the start
    hypothesis = models.TextField(blank=True, default="")
    control_bp = models.PositiveSmallIntegerField(default=1000)  # hundredths of a percent
    window_days = models.PositiveSmallIntegerField(default=14)
    content_cost = models.BigIntegerField(default=0)  # minor units: design, texts, agency
    registered_at = models.DateTimeField(null=True)
    layer = models.ForeignKey(Layer, on_delete=models.PROTECT, null=True, related_name="+")
    dispatch = models.OneToOneField(
        Dispatch, on_delete=models.PROTECT, null=True, related_name="broadcast"
    )
    # the last estimate: {segment, reasons: {code: n}, will_receive, at}
    estimate = models.JSONField(default=dict)
    # moment of assignment and start of the window, the same for control
    assigned_at = models.DateTimeField(null=True)
    created_by = models.CharField(max_length=60, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name


class Preparation(TenantModel):
    """A count or a start that nobody waits for at the other end of a request.

    While one is active its broadcast is in the state “preparing” and cannot be changed; when it is
    over the broadcast is a draft again, or sends. Nothing of it is seen before it is done.
    """

    class Kind(models.TextChoices):
        ESTIMATE = "estimate", _("Counting the audience")
        START = "start", _("Starting")

    class Status(models.TextChoices):
        ACTIVE = "active", _("In work")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    broadcast = models.ForeignKey(Broadcast, on_delete=models.CASCADE, related_name="preparations")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE)
    phase = models.CharField(max_length=10, default="waiting")
    expected = models.BigIntegerField(null=True)  # letters that were shown to who starts it
    actor = models.JSONField(default=dict)  # who asked, for the trail
    language = models.CharField(max_length=10, blank=True, default="")  # of who will read the error
    error = models.TextField(blank=True, default="")
    error_code = models.CharField(max_length=40, blank=True, default="")
    lease_until = models.DateTimeField(null=True)
    lease_owner = models.CharField(max_length=32, blank=True, default="")
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["broadcast"], condition=models.Q(status="active"), name="preparation_once"
            ),
        ]

    @property
    def is_start(self) -> bool:
        return self.kind == self.Kind.START

    def __str__(self) -> str:
        return f"{self.kind} of {self.broadcast_id}: {self.status}"
