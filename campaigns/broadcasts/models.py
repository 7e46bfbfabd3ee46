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
        SENDING = "sending", _("Sending")
        PAUSED = "paused", _("Paused")
        SENT = "sent", _("Sent")
        CANCELLED = "cancelled", _("Cancelled")

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    name = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
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
