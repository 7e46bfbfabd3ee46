"""Whom we serve: the client companies of the agency. Lives in the public schema."""

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_tenants.models import DomainMixin, TenantMixin

from cvm_platform.common.uuids import uuid7


class Plan(models.Model):
    """What a tenant has bought: modules and limits are data, not code."""

    code = models.SlugField(primary_key=True)
    name = models.CharField(max_length=60)
    modules = models.JSONField(default=list)
    limits = models.JSONField(default=dict)
    # share of the sending capacity in a queue: virtual time advances by cost / weight
    weight = models.PositiveSmallIntegerField(default=1)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return self.name


class Tenant(TenantMixin):
    class Status(models.TextChoices):
        ONBOARDING = "onboarding", _("Onboarding")
        ACTIVE = "active", _("Active")
        SUSPENDED = "suspended", _("Suspended")
        OFFBOARDING = "offboarding", _("Offboarding")
        CLOSED = "closed", _("Closed")

    class Kind(models.TextChoices):
        PLATFORM = "platform", _("Platform")
        TEMPLATE = "template", _("Template")
        CLIENT = "client", _("Client company")

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    name = models.CharField(max_length=200)
    industry = models.CharField(max_length=100, blank=True, default="")
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.CLIENT)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.ACTIVE)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="tenants")
    currency = models.CharField(max_length=3, default="RUB")
    timezone = models.CharField(max_length=50, default="Europe/Moscow")
    legal_name = models.CharField(max_length=300, blank=True, default="")
    address = models.CharField(max_length=300, blank=True, default="")
    # The tenant's key, wrapped by the master key; everything personal hangs on it.
    wrapped_key = models.BinaryField()
    # Keys that wrap customers' keys, by number, each wrapped by the master key:
    # [{number, wrapped (base64), made_at}]; see tenants.tenancy.keys.
    wrap_keys = models.JSONField(
        default=list, db_default=models.Value([], models.JSONField()), blank=True
    )
    # Margin assumed where goods come without a cost price, in hundredths of a percent.
    assumed_margin_bp = models.PositiveSmallIntegerField(null=True, blank=True)
    # When the assignment to the agency runs (152-FZ, article 6(3)): from, and the first moment
    # after it. A copy for those who decide about access before the schema is entered; written
    # only by tenants.registers. No `assignment_from`: it does not run.
    assignment_from = models.DateTimeField(null=True, blank=True)
    assignment_until = models.DateTimeField(null=True, blank=True)
    # Made by a generator: every screen and export says so.
    is_simulated = models.BooleanField(default=False)
    # What the demo says about itself at the top of the tenant's pages.
    note = models.TextField(blank=True, default="")
    # Reports whose money the company does not show to its agency: tenants.accounts.sight.REPORTS.
    hidden_money = models.JSONField(
        default=list, db_default=models.Value([], models.JSONField()), blank=True
    )
    created_at = models.DateTimeField(auto_now_add=True)

    auto_create_schema = False
    auto_drop_schema = False

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def is_assigned(self, now: datetime) -> bool:
        """Whether the agency may work here at this moment; its own house it always may.

        So it may while the company is set up: until it opens, no person's data gets in here
        (tenants.registers.selectors.demand_running).
        """
        if self.kind != self.Kind.CLIENT or self.status == self.Status.ONBOARDING:
            return True
        start, end = self.assignment_from, self.assignment_until
        return start is not None and start <= now and (end is None or now < end)


class Domain(DomainMixin):
    def __str__(self) -> str:
        return str(self.domain)


class Snapshot(models.Model):
    """What the agency's home shows of a tenant: sums only, written by the tenant's own jobs."""

    tenant = models.OneToOneField(
        Tenant, on_delete=models.CASCADE, primary_key=True, related_name="snapshot"
    )
    customers = models.PositiveBigIntegerField(default=0)
    reachable = models.PositiveBigIntegerField(default=0)
    revenue_30d = models.BigIntegerField(default=0)
    last_order_at = models.DateTimeField(null=True)
    # {verdict, profit, low, high, treated, control, label}: the newest answer in money
    money = models.JSONField(default=dict)
    health = models.CharField(max_length=12, default="ok")
    health_reason = models.CharField(max_length=200, blank=True, default="")
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.tenant_id}"


class PlatformKey(models.Model):
    """A key of the platform itself, wrapped by the master key. Former ones stay: they read."""

    purpose = models.CharField(max_length=40)
    number = models.PositiveSmallIntegerField()
    wrapped = models.BinaryField()
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["purpose", "number"], name="platform_key_once")
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.number}"
