"""Forms that collect consents, and confirmations on their way."""

from django.db import models
from django.utils.translation import pgettext_lazy

from cvm_platform.common.models import TenantModel
from cvm_platform.common.uuids import uuid7


class ConsentForm(TenantModel):
    """A page where somebody leaves an address and ticks, or does not tick, each document."""

    class Status(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("consent form", "Draft")
        PUBLISHED = "published", pgettext_lazy("consent form", "Open")
        CLOSED = "closed", pgettext_lazy("consent form", "Closed")

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    name = models.CharField(max_length=100)
    title = models.CharField(max_length=200)
    intro = models.TextField(blank=True, default="")
    # names of contracts.FORM_FIELDS
    fields = models.JSONField(default=list)
    # [{text: id of the ConsentText, is_required}]: one box for each
    controls = models.JSONField(default=list)
    version = models.PositiveIntegerField(default=1)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Confirmation(TenantModel):
    """A link or a code that waits for the owner of an address; gone after 72 hours."""

    class Kind(models.TextChoices):
        DOI_EMAIL = "DOI_EMAIL", pgettext_lazy("confirmation", "Letter with a link")
        OTP_SMS = "OTP_SMS", pgettext_lazy("confirmation", "Code by SMS")

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    customer_id = models.BigIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    address_hmac = models.BinaryField()
    # AdPermission and ConsentRecord rows that become active together
    permission_ids = models.JSONField(default=list)
    consent_ids = models.JSONField(default=list)
    # HMAC of the code; the code itself is kept nowhere
    code_hmac = models.BinaryField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    # whether the person was made by this form and has nothing else: destroyed when it expires
    is_new_person = models.BooleanField(default=False)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    expired_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["expires_at"],
                condition=models.Q(confirmed_at__isnull=True, expired_at__isnull=True),
                name="confirmation_waiting",
            ),
            models.Index(fields=["customer_id"], name="confirmation_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.customer_id}"
