"""Whose turn it is to send: one row a tenant and lane. Lives in the public schema."""

from django.db import models

from tenants.tenancy.models import Tenant


class SendLane(models.Model):
    """Virtual time of a tenant in a lane: the smallest with work to do is served next.

    Serving a slice of n messages advances it by n / weight, so that no backlog, however big,
    delays a neighbour by more than one slice (start-time fair queueing, Goyal, Vin & Cheng 1996).
    """

    class Lane(models.TextChoices):
        TRIGGER = "trigger"
        BULK = "bulk"

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    lane = models.CharField(max_length=8, choices=Lane.choices)
    virtual_time = models.FloatField(default=0)
    weight = models.PositiveSmallIntegerField(default=1)
    # slices waiting or in work, as far as known; whoever finds none corrects it
    pending = models.IntegerField(default=0)
    # nothing can be claimed before: all that waits is put off or in somebody's hands
    not_before = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "lane"], name="lane_once")]
        indexes = [
            models.Index(
                fields=["lane", "virtual_time"],
                condition=models.Q(pending__gt=0),
                name="lane_next",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.lane}"
