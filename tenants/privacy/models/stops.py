"""Who said stop, to what, and the addresses that are not to be written to."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import pgettext_lazy

from cvm_platform.common.models import TenantModel
from cvm_platform.common.uuids import uuid7
from tenants.privacy.contracts import StopKind
from tenants.privacy.models.consents import Channel


class Suppression(TenantModel):
    """An address not to be written to; survives erasure, knows no plain address."""

    channel = models.CharField(max_length=20, choices=Channel.choices)
    address_hmac = models.BinaryField()
    reason = models.CharField(max_length=40)  # unsubscribe, complaint, hard_bounce, …
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    stop_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "address_hmac", "reason"], name="suppression_once"
            ),
        ]
        indexes = [models.Index(fields=["address_hmac"], name="suppression_address")]

    def __str__(self) -> str:
        return f"{self.channel}: {self.reason}"


class StopEvent(TenantModel):
    """Somebody said stop: what, from where and when it took effect. Append-only, sealed."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    customer_id = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=24, choices=StopKind.choices)
    channel = models.CharField(max_length=20, blank=True, default="")
    purposes = ArrayField(models.CharField(max_length=30), default=list, db_default="{}")
    # ONE_CLICK, LINK, REPLY_STOP, CALL, EMAIL_TO_DPO, PAPER, FBL, API, STAFF, IMPORT, BOUNCE
    source = models.CharField(max_length=20)
    received_at = models.DateTimeField()
    received_by = models.CharField(max_length=60, blank=True, default="", db_default="")
    effective_at = models.DateTimeField()
    # messages that the provider had taken before that: [{dispatch, sent_at}]
    in_flight = models.JSONField(default=list, db_default=[])
    # the day until which the rest is to be destroyed, for withdrawals
    destroy_by = models.DateField(null=True)
    request_id = models.BigIntegerField(null=True)
    details = models.JSONField(default=dict)
    seal_number = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["customer_id", "received_at"], name="stop_customer"),
            models.Index(fields=["-received_at"], name="stop_newest"),
            models.Index(
                fields=["id"], condition=models.Q(seal_number__isnull=True), name="stop_unsealed",
            ),
        ]  # fmt: skip
        verbose_name = pgettext_lazy("model", "stop")

    def __str__(self) -> str:
        return f"{self.kind} {self.source}"
