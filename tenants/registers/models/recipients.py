"""To whom data leaves the platform, and notices about those outside Russia (152-FZ, article 12)."""

from datetime import date

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import pgettext_lazy

from cvm_platform.common.models import TenantModel
from cvm_platform.common.uuids import uuid7
from tenants.registers.contracts import HOME_COUNTRY


class OutboundIntegration(TenantModel):
    class Status(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("recipient", "Not approved yet")
        ENABLED = "enabled", pgettext_lazy("recipient", "Gets data")
        DISABLED = "disabled", pgettext_lazy("recipient", "Switched off")

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    legal_entity = models.CharField(max_length=300, blank=True, default="")
    host = models.CharField(max_length=200, blank=True, default="")
    country = models.CharField(max_length=2, default=HOME_COUNTRY)
    hosting_country = models.CharField(max_length=2, default=HOME_COUNTRY)
    pd_fields = ArrayField(models.CharField(max_length=24), default=list, blank=True)
    purpose = models.CharField(max_length=30, blank=True, default="")  # code of a Purpose
    agreement_ref = models.CharField(max_length=200, blank=True, default="")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    enabled_at = models.DateTimeField(null=True)
    enabled_by = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def foreign_country(self) -> str:
        """The country outside Russia that people's data would get to; empty when none would."""
        if not self.pd_fields:
            return ""
        return next(
            (each for each in (self.hosting_country, self.country) if each != HOME_COUNTRY), ""
        )


class CrossBorderNotice(TenantModel):
    """Told to the regulator before a transfer starts; each recipient has notices of its own."""

    class Decision(models.TextChoices):
        NONE = "", pgettext_lazy("regulator", "No decision")
        ALLOWED = "allowed", pgettext_lazy("regulator", "Not against")
        RESTRICTED = "restricted", pgettext_lazy("regulator", "Restricted")
        BANNED = "banned", pgettext_lazy("regulator", "Banned")

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    integration = models.ForeignKey(
        OutboundIntegration, on_delete=models.PROTECT, related_name="notices"
    )
    country = models.CharField(max_length=2)
    purpose = models.CharField(max_length=30, blank=True, default="")
    pd_fields = ArrayField(models.CharField(max_length=24), default=list, blank=True)
    # what the recipient does to protect the data was found out (article 12(5))
    assessed_on = models.DateField(null=True)
    sent_on = models.DateField(null=True)
    is_adequate = models.BooleanField(default=False)  # the country, on the day of sending
    review_until = models.DateField(null=True)
    is_provisional = models.BooleanField(default=False)
    decision = models.CharField(
        max_length=10, choices=Decision.choices, blank=True, default=Decision.NONE
    )
    decided_on = models.DateField(null=True)
    deletion_asked_on = models.DateField(null=True)
    deletion_proof = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.integration_id} {self.country}"

    def covers(self, recipient: OutboundIntegration) -> bool:
        """The country and every field that the recipient gets now."""
        return self.country == recipient.foreign_country and set(recipient.pd_fields) <= set(
            self.pd_fields
        )

    def is_passed(self, today: date) -> bool:
        """Whether the transfer may run: the review is over without a ban, or is not needed."""
        if self.sent_on is None or self.assessed_on is None or self.sent_on > today:
            return False
        if self.decision in {self.Decision.BANNED, self.Decision.RESTRICTED}:
            return False
        if self.is_adequate or self.decision == self.Decision.ALLOWED:
            return True
        return self.review_until is not None and today > self.review_until
