"""What a customer allowed and what was stopped: the facts that the send gate asks."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cvm_platform.common.models import TenantModel
from cvm_platform.common.uuids import uuid7


class Channel(models.TextChoices):
    EMAIL = "EMAIL", _("E-mail")
    SMS = "SMS", "SMS"
    PUSH_APP = "PUSH_APP", _("Push")


class ConsentRecord(TenantModel):
    """Consent to processing for one purpose (152-FZ, articles 9 and 15)."""

    class Status(models.TextChoices):
        PENDING = "PENDING_CONFIRMATION", _("Waiting for confirmation")
        ACTIVE = "ACTIVE", _("Active")
        WITHDRAWN = "WITHDRAWN", _("Withdrawn")
        EXPIRED = "EXPIRED", _("Expired")
        INVALIDATED = "INVALIDATED", _("Without proof")

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    customer_id = models.BigIntegerField()
    purpose = models.CharField(max_length=30)  # PROMO_DIRECT, PROMO_PROFILING, …
    status = models.CharField(max_length=24, choices=Status.choices)
    given_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    source = models.CharField(max_length=40)
    # form, text version, row of the import: what proves it
    evidence = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["customer_id", "purpose"], name="consent_customer")]
        constraints = [
            models.UniqueConstraint(
                fields=["customer_id", "purpose"],
                condition=models.Q(status="ACTIVE"),
                name="consent_one_active",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} of {self.customer_id}: {self.status}"


class AdPermission(TenantModel):
    """Permission to advertise through one channel to one address (38-FZ, article 18)."""

    class Status(models.TextChoices):
        PENDING = "PENDING", _("Waiting for confirmation")
        ACTIVE = "ACTIVE", _("Active")
        REVOKED = "REVOKED", _("Revoked")
        EXPIRED = "EXPIRED", _("Expired")

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    customer_id = models.BigIntegerField()
    channel = models.CharField(max_length=12, choices=Channel.choices)
    address_hmac = models.BinaryField()
    status = models.CharField(max_length=10, choices=Status.choices)
    # DOI_EMAIL, AUTH_SESSION, OTP_SMS, … ; NONE is never sendable
    identity_proof = models.CharField(max_length=20, default="NONE")
    verified_at = models.DateTimeField(null=True)
    given_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoke_source = models.CharField(max_length=20, blank=True, default="")
    evidence = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["customer_id"], name="permission_customer")]
        constraints = [
            models.UniqueConstraint(
                fields=["customer_id", "channel", "address_hmac"],
                condition=models.Q(status="ACTIVE"),
                name="permission_one_active",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} of {self.customer_id}: {self.status}"


class Suppression(TenantModel):
    """An address not to be written to; survives erasure, knows no plain address."""

    channel = models.CharField(max_length=12, choices=Channel.choices)
    address_hmac = models.BinaryField()
    reason = models.CharField(max_length=40)  # unsubscribe, complaint, hard_bounce, …
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "address_hmac", "reason"], name="suppression_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel}: {self.reason}"


class StopEvent(TenantModel):
    """Somebody said stop: what, from where and when it took effect. Append-only."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    customer_id = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=24)  # CHANNEL_UNSUBSCRIBE, SPAM_COMPLAINT, …
    channel = models.CharField(max_length=12, blank=True, default="")
    source = models.CharField(max_length=20)  # ONE_CLICK, LINK, FBL, API, STAFF
    received_at = models.DateTimeField()
    effective_at = models.DateTimeField()
    details = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["customer_id", "received_at"], name="stop_customer")]

    def __str__(self) -> str:
        return f"{self.kind} {self.source}"
