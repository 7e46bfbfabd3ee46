"""What was done, by whom: append-only, written by one writer, without personal values."""

from django.db import models

from cvm_platform.common.models import TenantModel


class AuditEntry(TenantModel):
    at = models.DateTimeField(db_index=True)
    # who: a user by id, an API key by id, or the system
    actor = models.CharField(max_length=60)
    actor_role = models.CharField(max_length=20, blank=True, default="")
    ip = models.GenericIPAddressField(null=True)
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=60)
    object_id = models.CharField(max_length=60)
    # names of fields and counts, never values of personal fields
    details = models.JSONField(default=dict)
    # hash chain by slice: filled when a batch is sealed, so that writers do not queue
    seal = models.BinaryField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["object_type", "object_id"], name="audit_object")]

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_id}"
