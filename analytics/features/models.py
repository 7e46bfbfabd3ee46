"""RFM cells of every buyer, stored and dated."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cvm_platform.common.models import TenantModel


class RfmScore(TenantModel):
    """Quintiles 1 (worst) to 5 (best) of recency, frequency and money."""

    customer_id = models.BigIntegerField(primary_key=True)
    recency = models.PositiveSmallIntegerField()
    frequency = models.PositiveSmallIntegerField()
    monetary = models.PositiveSmallIntegerField()
    preset = models.CharField(max_length=30)

    class Meta:
        indexes = [
            models.Index(fields=["recency", "frequency", "monetary"], name="rfm_cell"),
            models.Index(fields=["preset"], name="rfm_preset"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.recency}{self.frequency}{self.monetary}"


class RfmRun(TenantModel):
    """One calculation: its state, its date, borders of the scores and sums of every cell."""

    class Status(models.TextChoices):
        RUNNING = "running", _("Counting")
        DONE = "done", _("Counted")
        FAILED = "failed", _("Failed")

    status = models.CharField(max_length=8, choices=Status.choices, default=Status.RUNNING)
    error = models.TextField(blank=True, default="")
    requested_at = models.DateTimeField(null=True)
    computed_at = models.DateTimeField(null=True)
    as_of = models.DateTimeField()
    duration_ms = models.IntegerField(null=True)
    customers = models.BigIntegerField(default=0)
    # margin of at least one order rests on the tenant's assumed rate
    is_margin_assumed = models.BooleanField(default=False)
    # [{metric, score, customers, low, high}]: what the scores mean in days, orders, minor units
    borders = models.JSONField(default=list)
    # [{r, f, m, customers, revenue, margin}], only cells with somebody in them
    cells = models.JSONField(default=list)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.status} {self.as_of:%F %T}"
