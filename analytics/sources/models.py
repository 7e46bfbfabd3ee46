"""Data coming in from files: one row a job, so that it can be watched, cancelled, repeated."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cvm_platform.common.models import TenantModel
from cvm_platform.common.uuids import uuid7


class ImportJob(TenantModel):
    class Kind(models.TextChoices):
        ORDERS = "orders", _("Order history")
        CUSTOMERS = "customers", _("Customers and consents")

    class Status(models.TextChoices):
        UPLOADED = "uploaded", _("Columns to be checked")
        CHECKING = "checking", _("Checking")
        CHECKED = "checked", _("Ready to load")
        RUNNING = "running", _("Loading")
        DONE = "done", _("Loaded")
        FAILED = "failed", _("Stopped by an error")
        CANCELLED = "cancelled", _("Cancelled")

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.UPLOADED)
    file_name = models.CharField(max_length=255)
    file_path = models.CharField(max_length=500)  # in the default storage
    file_bytes = models.BigIntegerField(default=0)
    file_sha256 = models.CharField(max_length=64, blank=True, default="")
    # {encoding, delimiter, sheet, columns: […], mapping: {field: column}, zone, …}
    settings = models.JSONField(default=dict)
    # the dry run's counts and samples, then the run's own
    report = models.JSONField(default=dict)
    rows_read = models.BigIntegerField(default=0)
    rows_loaded = models.BigIntegerField(default=0)
    rows_rejected = models.BigIntegerField(default=0)
    bytes_read = models.BigIntegerField(default=0)
    rejects_path = models.CharField(max_length=500, blank=True, default="")
    error = models.TextField(blank=True, default="")
    is_cancel_requested = models.BooleanField(default=False)
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_by = models.CharField(max_length=60, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.file_name
