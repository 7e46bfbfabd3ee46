"""The operator and the purposes of processing."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cvm_platform.common.models import TenantModel
from tenants.registers.contracts import LegalBasis


class Operator(TenantModel):
    """The company as operator of personal data (152-FZ, article 3(2)): one row a tenant.

    Its zone is the tenant's. `notified` is a copy of what the regulator was told (article 22):
    {purposes, categories, processors, places}.
    """

    class Regulated(models.TextChoices):
        NONE = "", _("None of these")
        BANK = "bank", _("Bank")
        MFO = "mfo", _("Microfinance organisation")
        STATE = "state", _("State body")
        TELECOM = "telecom", _("Telecom operator")
        AGGREGATOR = "aggregator", _("Large aggregator or social network")

    id = models.SmallIntegerField(primary_key=True, default=1)
    legal_name = models.CharField(max_length=300, blank=True, default="")
    brands = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    inn = models.CharField(max_length=12, blank=True, default="")
    ogrn = models.CharField(max_length=15, blank=True, default="")
    address = models.CharField(max_length=300, blank=True, default="")
    email_for_subjects = models.EmailField(blank=True, default="")
    phone = models.CharField(max_length=30, blank=True, default="")
    dpo_name = models.CharField(max_length=150, blank=True, default="")
    dpo_phone = models.CharField(max_length=30, blank=True, default="")
    dpo_email = models.EmailField(blank=True, default="")
    dpo_address = models.CharField(max_length=300, blank=True, default="")
    policy_url = models.URLField(blank=True, default="")
    protection_info_url = models.URLField(blank=True, default="")
    rkn_number = models.CharField(max_length=40, blank=True, default="")
    rkn_date = models.DateField(null=True, blank=True)
    notified = models.JSONField(default=dict, blank=True)
    notified_at = models.DateField(null=True, blank=True)
    # [{country, place}]; the country must be Russia (article 18(5))
    db_locations = models.JSONField(default=list, blank=True)
    # {subject category: how many}, as it was notified
    subject_counts = models.JSONField(default=dict, blank=True)
    foreign_messenger_prohibited = models.BooleanField(default=False)
    regulated = models.CharField(
        max_length=12, choices=Regulated.choices, blank=True, default=Regulated.NONE
    )
    recsys_notice_url = models.URLField(blank=True, default="")
    recsys_rules_url = models.URLField(blank=True, default="")
    recsys_email = models.EmailField(blank=True, default="")
    updated_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="operator_is_one"),
        ]

    def __str__(self) -> str:
        return self.legal_name

    @property
    def has_recsys_rules(self) -> bool:
        """149-FZ, article 10.2-2: without these three no recommendation may be shown."""
        return bool(self.recsys_notice_url and self.recsys_rules_url and self.recsys_email)


class Purpose(TenantModel):
    """Why data is processed; fixed beforehand, with a basis of its own (152-FZ, article 5(2))."""

    class Status(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("purpose", "Draft")
        ACTIVE = "active", pgettext_lazy("purpose", "In force")
        RETIRED = "retired", pgettext_lazy("purpose", "Retired")

    class Methods(models.TextChoices):
        AUTOMATED = "automated", _("Automated")
        MIXED = "mixed", _("Mixed")

    code = models.CharField(max_length=30, unique=True)
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True, default="")
    legal_basis = models.CharField(max_length=24, choices=LegalBasis.choices)
    is_promotion = models.BooleanField(default=False)
    pd_categories = ArrayField(models.CharField(max_length=24), default=list, blank=True)
    subject_categories = ArrayField(models.CharField(max_length=24), default=list, blank=True)
    actions = ArrayField(models.CharField(max_length=24), default=list, blank=True)
    methods = models.CharField(max_length=10, choices=Methods.choices, default=Methods.AUTOMATED)
    retention = models.CharField(max_length=200, blank=True, default="")
    retention_policy_id = models.BigIntegerField(null=True, blank=True)  # of the erasure app
    destruction_procedure = models.TextField(blank=True, default="")
    compatible_with = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    balancing_note = models.TextField(blank=True, default="")
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.ACTIVE)
    position = models.PositiveSmallIntegerField(default=100)

    class Meta:
        ordering = ["position", "code"]
        constraints = [
            # article 15(1): promotion only with consent; 6(1)(9) excludes it by name
            models.CheckConstraint(
                condition=models.Q(is_promotion=False) | models.Q(legal_basis="CONSENT"),
                name="promotion_needs_consent",
            ),
            models.CheckConstraint(
                condition=~models.Q(legal_basis="LEGITIMATE") | ~models.Q(balancing_note=""),
                name="legitimate_needs_balancing",
            ),
        ]

    def __str__(self) -> str:
        return self.title
