"""RFM cells of every buyer, stored and dated."""

from typing import Any

from django.db import models

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
    """One calculation: its date, borders of the quintiles and sums of every cell."""

    computed_at = models.DateTimeField()
    as_of = models.DateTimeField()
    customers = models.BigIntegerField()
    borders = models.JSONField()
    cells = models.JSONField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.computed_at:%F %T}"
