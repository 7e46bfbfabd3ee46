"""Erasures, their acts, what holds them back, and how long data stays."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cvm_platform.common.models import TenantModel
from cvm_platform.common.uuids import uuid7
from tenants.erasure.contracts import Ground, RetentionAction, Trigger


class DestructionAct(TenantModel):
    """Act of destruction and export of the log (RKN order 179): three years, then destroyed."""

    class Status(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("act", "To be signed")
        WAITING = "waiting", pgettext_lazy("act", "Waits for the second signature")
        SIGNED = "signed", pgettext_lazy("act", "Signed")

    class Signature(models.TextChoices):
        PAPER = "paper", _("On paper")
        ELECTRONIC = "63-FZ", _("Electronic, law 63-FZ")

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    number = models.CharField(max_length=30, unique=True)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.DRAFT)
    destroyed_at = models.DateTimeField()
    keep_until = models.DateField()
    # items а-к of the order; subjects as refs, categories and systems as codes
    content = models.JSONField()
    # [{name, position, signature_type, user_id, signed_at}]: who destroyed, two of them
    signatures = models.JSONField(default=list)
    signature_type = models.CharField(max_length=6, choices=Signature.choices, blank=True,
                                      default="")  # fmt: skip
    signed_at = models.DateTimeField(null=True)
    act_path = models.CharField(max_length=300, blank=True, default="")
    act_sha256 = models.CharField(max_length=64, blank=True, default="")
    log_path = models.CharField(max_length=300, blank=True, default="")
    log_sha256 = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.number


class ErasureJob(TenantModel):
    """One erasure, of one person or of many with the same reason, done in steps."""

    class Status(models.TextChoices):
        PENDING = "pending", pgettext_lazy("erasure", "Blocked, to be erased")
        RUNNING = "running", pgettext_lazy("erasure", "Being erased")
        HELD = "held", pgettext_lazy("erasure", "Held by a dispute")
        PARTIAL = "partial", pgettext_lazy("erasure", "Erased but for a contract")
        DONE = "done", pgettext_lazy("erasure", "Erased")
        FAILED = "failed", pgettext_lazy("erasure", "Not finished")

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    ground = models.CharField(max_length=20, choices=Ground.choices)
    reason = models.CharField(max_length=300, blank=True, default="")
    request_id = models.BigIntegerField(null=True)  # of a subject's request, kept by another app
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.PENDING)
    requested_by = models.CharField(max_length=60)
    requested_at = models.DateTimeField()
    due_at = models.DateTimeField()
    is_provisional = models.BooleanField(default=False)  # counted without a production calendar
    next_at = models.DateTimeField(null=True)  # not to be tried before
    # {store: {rows, at}}: what is done already
    steps = models.JSONField(default=dict)
    # {checked, left, at}: the independent look after it
    verified = models.JSONField(default=dict)
    keys_destroyed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True, default="")
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    act = models.ForeignKey(
        DestructionAct, on_delete=models.SET_NULL, null=True, related_name="jobs"
    )

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["status", "next_at"], name="erasure_waiting")]

    def __str__(self) -> str:
        return f"{self.ground} {self.status}"


class ErasureSubject(TenantModel):
    """Who is erased: ids only. Stays as long as the act."""

    job = models.ForeignKey(ErasureJob, on_delete=models.CASCADE, related_name="subjects")
    customer_id = models.BigIntegerField(db_index=True)
    public_id = models.UUIDField()  # the number the act names
    # random number that rows kept for sums get; forgotten when the job is done
    stand_in = models.BigIntegerField(null=True)
    # [{item, basis, until}]: what stays, why, until when
    kept = models.JSONField(default=list)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "customer_id"], name="erasure_subject_once"),
        ]

    def __str__(self) -> str:
        return f"{self.job_id}: {self.customer_id}"


class Tombstone(TenantModel):
    """An erasure that this schema knows of. The ledger outside has more: the schema is older."""

    number = models.BigIntegerField(primary_key=True)
    customer_id = models.BigIntegerField(db_index=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.number}: {self.customer_id}"


class ErasedIdentity(TenantModel):
    """Blind index of what an erased person was known by: a later import does not bring him back."""

    key = models.BinaryField(unique=True)  # HMAC of kind, namespace and identity
    since = models.DateTimeField()
    ground = models.CharField(max_length=20, choices=Ground.choices)

    def __str__(self) -> str:
        return f"{self.pk}"


class SendingProof(TenantModel):
    """That a message was allowed and sent, without what it said (38-FZ, articles 12 and 18)."""

    customer_id = models.BigIntegerField(db_index=True)
    dispatch_id = models.BigIntegerField()
    permission_id = models.BigIntegerField(null=True)
    state = models.CharField(max_length=10)
    sent_at = models.DateTimeField(null=True)
    provider_id = models.CharField(max_length=100, blank=True, default="")
    keep_until = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer_id", "dispatch_id"], name="sending_proof_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dispatch_id}/{self.customer_id}"


class LegalHold(TenantModel):
    """A dispute: nothing of this person is destroyed while it lasts (152-FZ, article 6(1)(3))."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    customer_id = models.BigIntegerField(db_index=True)
    subject_ref = models.UUIDField()
    ground = models.CharField(max_length=200)
    reason = models.TextField(blank=True, default="")
    until = models.DateTimeField(null=True)
    placed_by = models.CharField(max_length=60)
    placed_at = models.DateTimeField()
    lifted_by = models.CharField(max_length=60, blank=True, default="")
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.ground}"


class RetentionPolicy(TenantModel):
    """How long a category of data stays, from when, and what happens then."""

    code = models.CharField(max_length=40, unique=True)
    trigger = models.CharField(max_length=20, choices=Trigger.choices)
    hours = models.PositiveIntegerField()  # 72 h, 30 days, 3 years of 365 days
    action = models.CharField(max_length=10, choices=RetentionAction.choices)
    legal_ground = models.CharField(max_length=200)
    # a second person looks before whole people or their history go
    needs_approval = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.code


class RetentionRun(TenantModel):
    """One nightly look: what is due, what stays and why; applied when somebody approved it."""

    class Status(models.TextChoices):
        LOOKED = "looked", pgettext_lazy("retention", "Nothing is due")
        WAITING = "waiting", pgettext_lazy("retention", "Waits for approval")
        APPROVED = "approved", pgettext_lazy("retention", "Approved")
        REFUSED = "refused", pgettext_lazy("retention", "Refused")
        APPLIED = "applied", pgettext_lazy("retention", "Applied")

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    looked_at = models.DateTimeField()
    status = models.CharField(max_length=8, choices=Status.choices)
    report = models.JSONField(default=list)
    applied_at = models.DateTimeField(null=True)
    applied = models.JSONField(default=dict)  # {code: rows}

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.status} {self.looked_at:%F}"
