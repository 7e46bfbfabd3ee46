"""Stored, dated answers in money; a correction is a new version, never an edit."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.broadcasts.models import Broadcast
from cvm_platform.common.models import TenantModel


class BroadcastResult(TenantModel):
    class Status(models.TextChoices):
        RUNNING = "running", _("The window is open")
        PRELIMINARY = "preliminary", _("Preliminary, returns may follow")
        FINAL = "final", _("Final")

    broadcast = models.ForeignKey(Broadcast, on_delete=models.CASCADE, related_name="results")
    version = models.PositiveIntegerField(default=1)
    status = models.CharField(max_length=12, choices=Status.choices)
    computed_at = models.DateTimeField()
    input_hash = models.CharField(max_length=64)
    # comparison, verdict, totals, funnel, reasons, truth: see results.contracts
    payload = models.JSONField()
    signed_by = models.CharField(max_length=60, blank=True, default="")
    signed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["broadcast", "version"], name="result_version_once"),
        ]
        ordering = ["-version"]

    def __str__(self) -> str:
        return f"{self.broadcast_id} v{self.version}"
