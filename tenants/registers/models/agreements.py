"""Assignments of the operator to those who work for it (152-FZ, article 6(3))."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cvm_platform.common.models import TenantModel
from cvm_platform.common.uuids import uuid7
from tenants.registers.contracts import (
    CLAUSES,
    HOME_COUNTRY,
    LEAK_HOURS,
    LONGEST_LEAK_HOURS,
    Party,
)


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(zone))


class ProcessorAgreement(TenantModel):
    class Status(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("agreement", "Draft")
        ACTIVE = "active", pgettext_lazy("agreement", "In force")
        SUSPENDED = "suspended", pgettext_lazy("agreement", "Suspended")
        ENDED = "ended", pgettext_lazy("agreement", "Ended")

    class OnEnd(models.TextChoices):
        RETURN = "return", _("Return to the company")
        DESTROY = "destroy", _("Destroy")
        RETURN_AND_DESTROY = "return_destroy", _("Return, then destroy")

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    number = models.CharField(max_length=60)
    signed_at = models.DateField(null=True, blank=True)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)  # the last day; None: until it is ended
    file_name = models.CharField(max_length=200, blank=True, default="")
    file_sha256 = models.CharField(max_length=64, blank=True, default="")
    # the agency that runs the platform; others are further processors
    is_platform = models.BooleanField(default=True)
    processor_name = models.CharField(max_length=300, blank=True, default="")
    processor_address = models.CharField(max_length=300, blank=True, default="")
    processor_inn = models.CharField(max_length=12, blank=True, default="")
    pd_categories = ArrayField(models.CharField(max_length=24), default=list, blank=True)
    subject_categories = ArrayField(models.CharField(max_length=24), default=list, blank=True)
    actions = ArrayField(models.CharField(max_length=24), default=list, blank=True)
    purposes = ArrayField(models.CharField(max_length=30), default=list, blank=True)  # codes
    confidentiality_clause = models.BooleanField(default=False)
    localisation_clause = models.BooleanField(default=False)
    art_18_1_clause = models.BooleanField(default=False)
    proof_on_request_clause = models.BooleanField(default=False)
    security_clause = models.BooleanField(default=False)
    protection_requirements = models.BooleanField(default=False)
    leak_notice_clause = models.BooleanField(default=False)
    leak_notice_hours = models.PositiveSmallIntegerField(default=LEAK_HOURS)
    on_end = models.CharField(
        max_length=14, choices=OnEnd.choices, default=OnEnd.RETURN_AND_DESTROY
    )
    on_end_days = models.PositiveSmallIntegerField(default=30)
    # level C figures may be compared with other companies' (spec. 7.5)
    benchmarks_allowed = models.BooleanField(default=False)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    activated_at = models.DateTimeField(null=True)
    activated_by = models.CharField(max_length=60, blank=True, default="")
    suspended_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField(null=True)
    created_by = models.CharField(max_length=60, blank=True, default="")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_platform"],
                condition=models.Q(status__in=["active", "suspended"], is_platform=True),
                name="agreement_one_of_platform",
            ),
            models.CheckConstraint(
                condition=models.Q(leak_notice_hours__range=(1, LONGEST_LEAK_HOURS)),
                name="agreement_leak_hours",
            ),
            models.CheckConstraint(
                condition=models.Q(on_end_days__range=(1, 30)), name="agreement_end_days"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def party(self) -> Party:
        return Party(self.processor_name, self.processor_address, self.processor_inn)

    def starts_at(self, zone: str) -> datetime | None:
        """Midnight of the first day in the operator's zone."""
        return None if self.valid_from is None else _midnight(self.valid_from, zone)

    def stops_at(self, zone: str) -> datetime | None:
        """The first moment after it: midnight after the last day, or earlier by a decision."""
        ends = [
            self.ended_at,
            self.suspended_at if self.status == self.Status.SUSPENDED else None,
            _midnight(self.valid_to + timedelta(days=1), zone) if self.valid_to else None,
        ]
        return min((each for each in ends if each is not None), default=None)

    def runs_at(self, moment: datetime, zone: str) -> bool:
        starts, stops = self.starts_at(zone), self.stops_at(zone)
        return (
            self.status == self.Status.ACTIVE
            and starts is not None
            and starts <= moment
            and (stops is None or moment < stops)
        )

    def missing_clauses(self) -> list[str]:
        return [name for name in CLAUSES if not getattr(self, name)]


class SubProcessor(TenantModel):
    """Whom a processor lets work with the data; works only after the operator has approved."""

    agreement = models.ForeignKey(
        ProcessorAgreement, on_delete=models.PROTECT, related_name="sub_processors"
    )
    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    name = models.CharField(max_length=300)
    address = models.CharField(max_length=300)
    country = models.CharField(max_length=2, default=HOME_COUNTRY)
    service = models.CharField(max_length=200, blank=True, default="")
    agreement_ref = models.CharField(max_length=200, blank=True, default="")
    approved_at = models.DateTimeField(null=True)
    approved_by = models.CharField(max_length=60, blank=True, default="")
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name

    @property
    def party(self) -> Party:
        return Party(self.name, self.address)
