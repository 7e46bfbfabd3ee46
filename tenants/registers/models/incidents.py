"""Leaks and suspicions of leaks (152-FZ, article 21(3.1))."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cvm_platform.common.models import TenantModel
from cvm_platform.common.uuids import uuid7


class LeakIncident(TenantModel):
    """One company's part of an incident; parts of the same one share `group`."""

    class Status(models.TextChoices):
        SUSPECTED = "suspected", pgettext_lazy("incident", "Suspected")
        CONFIRMED = "confirmed", pgettext_lazy("incident", "Confirmed")
        PRIMARY_SENT = "primary_sent", pgettext_lazy("incident", "Primary notice sent")
        CLOSED = "closed", pgettext_lazy("incident", "Closed")
        FALSE_POSITIVE = "false_positive", pgettext_lazy("incident", "No violation")

    class Source(models.TextChoices):
        PLATFORM = "platform", _("The agency or the platform")
        OPERATOR = "operator", _("The company itself")
        REGULATOR = "regulator", _("The regulator")
        PARTNER = "partner", _("A partner or another person")
        PRESS = "press", _("Press or a messenger channel")

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    group = models.UUIDField(null=True)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.SUSPECTED)
    detected_at = models.DateTimeField()  # the earliest detection by anybody
    detected_by = models.CharField(max_length=10, choices=Source.choices)
    source_text = models.TextField(blank=True, default="")
    reported_by = models.CharField(max_length=60)
    reported_at = models.DateTimeField()
    operator_due = models.DateTimeField()
    primary_due = models.DateTimeField()
    additional_due = models.DateTimeField()
    operator_notified_at = models.DateTimeField(null=True)
    # both are asked for: fines depend on either (CoAO, article 13.11)
    affected_subjects = models.PositiveBigIntegerField(null=True)
    affected_identifiers = models.PositiveBigIntegerField(null=True)
    pd_categories = ArrayField(models.CharField(max_length=24), default=list, blank=True)
    special_categories = models.BooleanField(default=False)
    data_actuality = models.TextField(blank=True, default="")
    causes = models.TextField(blank=True, default="")
    harm = models.TextField(blank=True, default="")
    measures = models.TextField(blank=True, default="")
    contact_name = models.CharField(max_length=150, blank=True, default="")
    contact_phone = models.CharField(max_length=30, blank=True, default="")
    contact_email = models.EmailField(blank=True, default="")
    primary_sent_at = models.DateTimeField(null=True)
    primary_number = models.CharField(max_length=40, blank=True, default="")
    primary_sent_by = models.CharField(max_length=60, blank=True, default="")
    results = models.TextField(blank=True, default="")
    culprits = models.TextField(blank=True, default="")
    measures_after = models.TextField(blank=True, default="")
    additional_sent_at = models.DateTimeField(null=True)
    additional_number = models.CharField(max_length=40, blank=True, default="")
    gossopka_needed = models.BooleanField(default=False)
    gossopka_sent_at = models.DateTimeField(null=True)
    gossopka_number = models.CharField(max_length=40, blank=True, default="")
    no_violation_reason = models.TextField(blank=True, default="")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ["-detected_at", "-id"]

    def __str__(self) -> str:
        return f"{self.detected_at:%d.%m.%Y %H:%M}"

    @property
    def is_open(self) -> bool:
        return self.status not in {self.Status.CLOSED, self.Status.FALSE_POSITIVE}
