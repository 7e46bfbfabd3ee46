"""Segments: a rule tree, and who it selected when."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from cvm_platform.common.models import TenantModel
from cvm_platform.common.uuids import uuid7


class Segment(TenantModel):
    class Status(models.TextChoices):
        NEW = "new", _("Not counted yet")
        REFRESHING = "refreshing", _("Counting")
        FRESH = "fresh", _("Fresh")
        STALE = "stale", _("Stale")
        FAILED = "failed", _("Failed")

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    name = models.CharField(max_length=200)
    tree = models.JSONField()
    schema_version = models.PositiveSmallIntegerField(default=1)
    version = models.PositiveIntegerField(default=1)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.NEW)
    error = models.TextField(blank=True, default="")
    count = models.BigIntegerField(null=True)
    # the same without conditions about single people: what the agency's rounded number is of
    shown_count = models.BigIntegerField(null=True)
    refreshed_at = models.DateTimeField(null=True)
    # a refresh that began and did not end within the term has died
    started_at = models.DateTimeField(null=True)
    refresh_ms = models.IntegerField(null=True)
    is_archived = models.BooleanField(default=False)
    created_by = models.CharField(max_length=60, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(is_archived=False), name="segment_name_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SegmentSize(TenantModel):
    """One refresh: how many fit, came and left. Kept for the growth chart."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="sizes")
    at = models.DateTimeField()
    version = models.PositiveIntegerField()
    count = models.BigIntegerField()
    joined = models.BigIntegerField()
    left = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["segment", "-at"], name="segment_size_at")]

    def __str__(self) -> str:
        return f"{self.segment_id} {self.at:%F}: {self.count}"


class SegmentMember(TenantModel):
    pk = models.CompositePrimaryKey("segment_id", "customer_id")
    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="members")
    customer_id = models.BigIntegerField(db_index=True)
    joined_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.segment_id}/{self.customer_id}"
