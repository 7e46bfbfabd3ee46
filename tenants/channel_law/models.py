"""The law of channels as dated data, and what the company did to be allowed more, or less."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cvm_platform.common.models import TenantModel
from cvm_platform.common.uuids import uuid7
from tenants.channel_law.contracts import LONGEST_LABEL


class RuleBook(TenantModel):
    """What was loaded last; loading another version replaces all rules."""

    version = models.CharField(max_length=40)
    source = models.TextField()
    digest = models.CharField(max_length=64)
    loaded_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.version


class ChannelRule(TenantModel):
    """One rule of the loaded book; see `contracts.Rule`."""

    code = models.CharField(max_length=60, unique=True)
    # as in the file: channels, classes, needs, act, certainty, texts, quiet, consent_always
    body = models.JSONField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.code


class ChannelSwitch(TenantModel):
    """A channel that the company closed for itself: always allowed, whatever the law says."""

    channel = models.CharField(max_length=20, unique=True)
    reason = models.CharField(max_length=300)
    closed_by = models.CharField(max_length=60)
    closed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.channel


class LegalOpinion(TenantModel):
    """A lawyer's word that a channel may be used; holds when the client's officer approved it."""

    class Status(models.TextChoices):
        PENDING = "pending", pgettext_lazy("opinion", "Waits for the officer")
        APPROVED = "approved", pgettext_lazy("opinion", "Approved")
        RETURNED = "returned", pgettext_lazy("opinion", "Returned")
        REVOKED = "revoked", pgettext_lazy("opinion", "Taken back")

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    channel = models.CharField(max_length=20)
    author = models.CharField(_("Who gave it"), max_length=200)
    signed_on = models.DateField()
    valid_until = models.DateField(null=True)
    conclusion = models.TextField()
    file_name = models.CharField(max_length=200)
    file_sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    added_by = models.CharField(max_length=60)
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.channel}: {self.author}"


class SenderId(TenantModel):
    """A sender's name and the contract with the mobile operator behind it (126-FZ, 44.1)."""

    channel = models.CharField(max_length=20)
    name = models.CharField(max_length=20)
    mobile_operator = models.CharField(max_length=100)
    contract_number = models.CharField(max_length=60)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["channel", "name"]

    def __str__(self) -> str:
        return f"{self.channel}: {self.name}"


class CallLabel(TenantModel):
    """What the subscriber's telephone shows of a calling company (41-FZ, from 01.09.2025)."""

    number = models.CharField(max_length=20)
    name = models.CharField(max_length=LONGEST_LABEL)
    category = models.CharField(max_length=60)
    mobile_operator = models.CharField(max_length=100)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.number}: {self.name}"
