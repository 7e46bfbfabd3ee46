"""Requests of people: what was asked, by when it is due, what was done and answered."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cvm_platform.common.models import TenantModel
from cvm_platform.common.uuids import uuid7
from tenants.requests.contracts import (
    Channel,
    Decision,
    Finding,
    Identity,
    Party,
    Repeat,
    Status,
    Type,
    Unit,
)


class SubjectRequest(TenantModel):
    """One request; its number is its key. Who asks and what is written there is sealed."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    type = models.CharField(max_length=24, choices=Type.choices)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.NEW)
    customer_id = models.BigIntegerField(null=True)
    # JSON of contracts.Applicant under the tenant's key of requests: it outlives the customer's
    applicant_sealed = models.BinaryField()
    # blind index of the applicant's e-mail and phone, so that the desk finds it
    contact_hmacs = models.JSONField(default=list)
    language = models.CharField(max_length=5, default="ru")

    received_at = models.DateTimeField()
    channel = models.CharField(max_length=8, choices=Channel.choices)
    party = models.CharField(max_length=10, choices=Party.choices, default=Party.OPERATOR)
    forward_due_at = models.DateTimeField(null=True)
    forwarded_at = models.DateTimeField(null=True)
    external_id = models.CharField(max_length=100, null=True, unique=True)
    created_by = models.CharField(max_length=60)
    created_at = models.DateTimeField()

    # confirmation of the address in the public form: hash of the token of the link
    confirm_hash = models.CharField(max_length=64, blank=True, default="")
    address_verified_at = models.DateTimeField(null=True)

    identity_method = models.CharField(
        max_length=20, choices=Identity.choices, blank=True, default=""
    )
    identity_hash = models.CharField(max_length=64, blank=True, default="")  # of the document
    identity_note = models.JSONField(default=dict)  # issued_on, issuer, signature, relation
    identity_checked_at = models.DateTimeField(null=True)
    identity_checked_by = models.CharField(max_length=60, blank=True, default="")
    is_representative = models.BooleanField(default=False)
    authority = models.CharField(max_length=200, blank=True, default="")  # kind, date of paper

    clock_unit = models.CharField(max_length=3, choices=Unit.choices)
    clock_value = models.PositiveSmallIntegerField()
    due_at = models.DateTimeField()
    internal_due_at = models.DateTimeField()
    is_provisional = models.BooleanField(default=False)
    calendar_version = models.CharField(max_length=64)
    extension_days = models.PositiveSmallIntegerField(default=0)
    extension_sent_at = models.DateTimeField(null=True)
    extension_reason = models.TextField(blank=True, default="")

    repeat_of = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="+")
    repeat_reason = models.CharField(max_length=16, choices=Repeat.choices, blank=True, default="")

    # stops and blocks that registration made happen
    effective_at = models.DateTimeField(null=True)
    finding = models.CharField(max_length=12, choices=Finding.choices, blank=True, default="")
    finding_at = models.DateTimeField(null=True)
    finding_note = models.TextField(blank=True, default="")
    stop_due_at = models.DateTimeField(null=True)
    destroy_due_at = models.DateTimeField(null=True)
    # [{basis, why, until, fields}]: what stays, on which ground and how long
    remaining = models.JSONField(default=list)
    erasure_id = models.CharField(max_length=60, blank=True, default="")

    decision = models.CharField(max_length=10, choices=Decision.choices, blank=True, default="")
    refusal_ground = models.CharField(max_length=200, blank=True, default="")
    answer_form = models.CharField(max_length=8, choices=Channel.choices, blank=True, default="")
    answer_sealed = models.BinaryField(null=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        ordering = ["due_at", "id"]
        indexes = [
            models.Index(fields=["status", "due_at"], name="request_waiting"),
            models.Index(fields=["customer_id", "type", "received_at"], name="request_customer"),
            models.Index(
                fields=["confirm_hash"], name="request_confirm",
                condition=~models.Q(confirm_hash=""),
            ),
        ]  # fmt: skip
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(decision=Decision.REFUSED) | ~models.Q(refusal_ground=""),
                name="request_refused_with_ground",
            ),
            models.CheckConstraint(
                condition=models.Q(extension_days__lte=5), name="request_extension_most"
            ),
        ]

    def __str__(self) -> str:
        return f"№ {self.pk} {self.type}"

    @property
    def is_open(self) -> bool:
        return self.status not in {Status.ANSWERED, Status.REFUSED}


class RequestEvent(TenantModel):
    """The course of a request. Append-only; no personal values."""

    request = models.ForeignKey(SubjectRequest, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField()
    actor = models.CharField(max_length=60)
    kind = models.CharField(max_length=40)
    details = models.JSONField(default=dict)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} of {self.request_id}"


class RequestFile(TenantModel):
    """A document made for a request; kept sealed and not for long."""

    class Kind(models.TextChoices):
        ACCESS = "access", _("What is kept about the person")
        RECTIFY = "rectify", _("Data were corrected")
        REFUSAL = "refusal", _("Refusal")
        EXTENSION = "extension", _("Notice of a longer term")
        ANSWER = "answer", _("Answer")

    class Format(models.TextChoices):
        PDF = "pdf", "PDF"
        JSON = "json", "JSON"

    class Status(models.TextChoices):
        PREPARING = "preparing", pgettext_lazy("file", "Being made")
        READY = "ready", pgettext_lazy("file", "Ready")
        FAILED = "failed", pgettext_lazy("file", "Failed")
        EXPIRED = "expired", pgettext_lazy("file", "Destroyed by term")

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    request = models.ForeignKey(SubjectRequest, on_delete=models.CASCADE, related_name="files")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    format = models.CharField(max_length=4, choices=Format.choices)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PREPARING)
    path = models.CharField(max_length=200, blank=True, default="")
    size = models.PositiveIntegerField(default=0)  # bytes of the open document
    sha256 = models.CharField(max_length=64, blank=True, default="")  # of the open document
    asked_by = models.CharField(max_length=60)
    asked_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    downloads = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["status", "expires_at"], name="request_file_expiry")]

    def __str__(self) -> str:
        return f"{self.kind}.{self.format} of {self.request_id}"


class RecipientNotice(TenantModel):
    """Somebody who got the data and must hear that they changed, stopped or are to be erased."""

    class Reason(models.TextChoices):
        CORRECTED = "corrected", _("Data were corrected")
        STOPPED = "stopped", _("The person refused")

    request = models.ForeignKey(SubjectRequest, on_delete=models.CASCADE, related_name="notices")
    recipient = models.CharField(max_length=200)
    code = models.CharField(max_length=60)  # of the integration or the audience
    reason = models.CharField(max_length=10, choices=Reason.choices)
    due_at = models.DateTimeField()
    notified_at = models.DateTimeField(null=True)
    notified_by = models.CharField(max_length=60, blank=True, default="")
    proof = models.CharField(max_length=200, blank=True, default="")  # how, number of a letter

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["request", "code", "reason"], name="notice_once"),
        ]

    def __str__(self) -> str:
        return f"{self.recipient} about {self.request_id}"
