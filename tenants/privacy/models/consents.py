"""Consents to processing and permissions to advertise: two documents, never one."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cvm_platform.common.models import TenantModel
from cvm_platform.common.uuids import uuid7


class Channel(models.TextChoices):
    EMAIL = "EMAIL", _("E-mail")
    SMS = "SMS", "SMS"
    CALL_HUMAN = "CALL_HUMAN", _("Call by a person")
    CALL_MASS = "CALL_MASS", _("Automatic call")
    PUSH_APP = "PUSH_APP", _("Push")
    PUSH_WEB = "PUSH_WEB", _("Web push")
    MAX = "MESSENGER_MAX", "MAX"
    VK = "MESSENGER_VK", pgettext_lazy("channel", "VK")
    TELEGRAM = "MESSENGER_TELEGRAM", "Telegram"
    WHATSAPP = "MESSENGER_WHATSAPP", "WhatsApp"
    POSTAL = "POSTAL", pgettext_lazy("channel", "Post")


class ConsentRecord(TenantModel):
    """Consent to processing for one purpose (152-FZ, articles 9 and 15)."""

    class Status(models.TextChoices):
        PENDING = "PENDING_CONFIRMATION", _("Waiting for confirmation")
        ACTIVE = "ACTIVE", _("Active")
        WITHDRAWN = "WITHDRAWN", _("Withdrawn")
        EXPIRED = "EXPIRED", _("Expired")
        SUPERSEDED = "SUPERSEDED", _("Given anew")
        INVALIDATED = "INVALIDATED", _("Without proof")

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    customer_id = models.BigIntegerField()
    purpose = models.CharField(max_length=30)  # PROMO_DIRECT, PROMO_PROFILING, …
    status = models.CharField(max_length=24, choices=Status.choices)
    # why it is no proof: see contracts.Doubt
    doubt = models.CharField(max_length=20, blank=True, default="", db_default="")
    given_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    source = models.CharField(max_length=40)
    # what the row itself says: method, number in its file
    details = models.JSONField(default=dict)
    # the text as it was published, and what proves that it was accepted
    text_id = models.BigIntegerField(null=True)
    evidence_id = models.BigIntegerField(null=True)
    # the load that brought it
    batch = models.UUIDField(null=True)
    # its text does not name a processor or purpose that came later: no data for those
    reconsent_since = models.DateTimeField(null=True)

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
        ADDRESS_CHANGED = "ADDRESS_CHANGED", _("The address belongs to somebody else")
        OPERATOR_REFUSED = "OPERATOR_REFUSED", _("Refused at the mobile operator")
        INVALIDATED = "INVALIDATED", _("Without proof")

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    customer_id = models.BigIntegerField()
    channel = models.CharField(max_length=20, choices=Channel.choices)
    address_hmac = models.BinaryField()
    status = models.CharField(max_length=20, choices=Status.choices)
    doubt = models.CharField(max_length=20, blank=True, default="", db_default="")
    # DOI_EMAIL, AUTH_SESSION, OTP_SMS, … ; NONE is never sendable
    identity_proof = models.CharField(max_length=20, default="NONE")
    verified_at = models.DateTimeField(null=True)
    given_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoke_source = models.CharField(max_length=20, blank=True, default="")
    details = models.JSONField(default=dict)
    # one concrete advertiser: the brands that the text names, and, if narrower, the topics
    brands = ArrayField(models.CharField(max_length=100), default=list, db_default="{}")
    topics = ArrayField(models.CharField(max_length=60), default=list, db_default="{}")
    text_id = models.BigIntegerField(null=True)
    evidence_id = models.BigIntegerField(null=True)
    batch = models.UUIDField(null=True)

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


class ConsentEvent(TenantModel):
    """One change of a consent or permission; append-only, sealed into a chain."""

    class Kind(models.TextChoices):
        GIVEN = "GIVEN", pgettext_lazy("consent", "Given")
        ASKED = "ASKED", pgettext_lazy("consent", "Confirmation asked")
        CONFIRMED = "CONFIRMED", pgettext_lazy("consent", "Confirmed")
        WITHDRAWN = "WITHDRAWN", pgettext_lazy("consent", "Withdrawn")
        EXPIRED = "EXPIRED", pgettext_lazy("consent", "Expired")
        SUPERSEDED = "SUPERSEDED", pgettext_lazy("consent", "Given anew")
        INVALIDATED = "INVALIDATED", pgettext_lazy("consent", "Taken without proof")
        PROVED = "PROVED", pgettext_lazy("consent", "Proved later")
        NARROWED = "NARROWED", pgettext_lazy("consent", "Does not cover new processors")

    at = models.DateTimeField()
    document = models.CharField(max_length=16)  # PD_CONSENT or AD_PERMISSION
    record_id = models.BigIntegerField()
    customer_id = models.BigIntegerField()
    kind = models.CharField(max_length=12, choices=Kind.choices)
    # purpose or channel
    subject = models.CharField(max_length=30)
    evidence_id = models.BigIntegerField(null=True)
    stop_id = models.BigIntegerField(null=True)
    source = models.CharField(max_length=40, blank=True, default="")
    seal_number = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["customer_id", "id"], name="consent_event_customer"),
            models.Index(
                fields=["id"], condition=models.Q(seal_number__isnull=True),
                name="consent_event_unsealed",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind} {self.document} {self.record_id}"
