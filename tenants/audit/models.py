"""What was done, by whom: append-only, written by one writer, without personal values."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from cvm_platform.common.models import TenantModel
from tenants.audit.contracts import Action, Result


class AuditEntry(TenantModel):
    """A change of settings, people, campaigns."""

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
    # slice of the hash chain; filled when it is sealed, so that writers do not queue
    seal_number = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["object_type", "object_id"], name="audit_object"),
            models.Index(fields=["actor", "id"], name="audit_actor"),
            models.Index(
                fields=["id"], condition=models.Q(seal_number__isnull=True), name="audit_unsealed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_id}"


class ProcessingEntry(TenantModel):
    """An act with personal data (152-FZ, article 19(2)(8)). Outlives the person it names by id."""

    at = models.DateTimeField()
    actor = models.CharField(max_length=60)
    actor_role = models.CharField(max_length=20, blank=True, default="")
    ip = models.GenericIPAddressField(null=True)
    action = models.CharField(max_length=12, choices=Action.choices)
    object_type = models.CharField(max_length=60, blank=True, default="")
    object_id = models.CharField(max_length=60, blank=True, default="")
    subject_id = models.BigIntegerField(null=True)
    # names of fields: "name", "email"; never values
    categories = ArrayField(models.CharField(max_length=40), default=list)
    purpose = models.CharField(max_length=30, blank=True, default="")
    basis = models.CharField(max_length=80, blank=True, default="")
    count = models.BigIntegerField(default=1)
    reason = models.CharField(max_length=300, blank=True, default="")
    result = models.CharField(max_length=8, choices=Result.choices, default=Result.DONE)
    seal_number = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["at"], name="processing_at"),
            models.Index(fields=["actor", "id"], name="processing_actor"),
            models.Index(
                fields=["subject_id", "id"], name="processing_subject",
                condition=models.Q(subject_id__isnull=False),
            ),
            models.Index(
                fields=["id"], condition=models.Q(seal_number__isnull=True),
                name="processing_unsealed",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_id}"


class Seal(TenantModel):
    """One link of a hash chain: a slice of rows, and the seal of the slice before it.

    root = HMAC(tenant's key, stream, number, count, previous root, digest of the rows): who can
    write to the database, but has not the key, cannot forge it.
    """

    stream = models.CharField(max_length=20)
    number = models.BigIntegerField()
    count = models.BigIntegerField()
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    root = models.BinaryField()
    sealed_at = models.DateTimeField()
    # its rows were destroyed when their term was over; the link stays
    pruned_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["stream", "number"]
        constraints = [models.UniqueConstraint(fields=["stream", "number"], name="seal_once")]

    def __str__(self) -> str:
        return f"{self.stream} {self.number}"
