"""What is sent and from whom: templates, senders and the price of a message."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cvm_platform.common.models import TenantModel
from cvm_platform.common.uuids import uuid7


class MessageClass(models.TextChoices):
    """152-FZ specification, 6.1: one promotional word makes it advertising."""

    ADVERTISING = "advertising", _("Advertising")
    SERVICE = "service", _("Service message")
    # notices that a law demands, and confirmations of an address
    LEGAL = "legal", _("Notice by law")


class SenderIdentity(TenantModel):
    name = models.CharField(max_length=100)
    email = models.EmailField()
    reply_to = models.EmailField(blank=True, default="")
    # law 149-FZ, article 10: every message names its sender and address
    organisation = models.CharField(max_length=300)
    postal_address = models.CharField(max_length=300)
    is_default = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


class EmailTemplate(TenantModel):
    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    name = models.CharField(max_length=200)
    message_class = models.CharField(
        max_length=12, choices=MessageClass.choices, default=MessageClass.ADVERTISING
    )
    subject = models.CharField(max_length=300)
    preheader = models.CharField(max_length=300, blank=True, default="")
    html = models.TextField()
    text = models.TextField(blank=True, default="")
    version = models.PositiveIntegerField(default=1)
    # `linting.claim_hash` of what a second person approved to be no advertising
    class_hash = models.CharField(max_length=64, blank=True, default="", db_default="")
    is_archived = models.BooleanField(default=False)
    created_by = models.CharField(max_length=60, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name


class Tariff(TenantModel):
    """Price of one message of a channel, valid from a moment on."""

    channel = models.CharField(max_length=12)
    price = models.DecimalField(max_digits=12, decimal_places=4)  # minor units
    valid_from = models.DateTimeField()

    class Meta:
        ordering = ["channel", "-valid_from"]

    def __str__(self) -> str:
        return f"{self.channel}: {self.price}"


class SeedAddress(TenantModel):
    """An address of the staff that test sends may go to, besides the sender's own."""

    email = models.EmailField(unique=True)
    note = models.CharField(max_length=100, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["email"]

    def __str__(self) -> str:
        return self.email
