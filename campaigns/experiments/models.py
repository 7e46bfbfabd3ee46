"""Who is kept silent to measure against: layers and their append-only assignments."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cvm_platform.common.models import TenantModel


class AssignmentSalt(TenantModel):
    """128 random bits of this tenant, never shown: nobody can choose who is control."""

    salt = models.CharField(max_length=32)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return "salt"


class Layer(TenantModel):
    """`global`, or `exp-<id>` of one campaign; a new version starts when weights change."""

    code = models.CharField(max_length=40)
    version = models.PositiveIntegerField(default=1)
    control_bp = models.PositiveSmallIntegerField()  # hundredths of a percent
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True)
    # counts, strata and the balance check of the draw
    report = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="layer_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"


class Assignment(TenantModel):
    """Persistent: the past is never computed again from the hash."""

    class Arm(models.TextChoices):
        TREATED = "treated", _("Treated")
        CONTROL = "control", _("Control group")

    pk = models.CompositePrimaryKey("customer_id", "layer_id")
    customer_id = models.BigIntegerField()
    # a draw writes a million rows of one layer in one statement: no look at it for each
    layer = models.ForeignKey(
        Layer, on_delete=models.PROTECT, related_name="assignments", db_constraint=False
    )
    arm = models.CharField(max_length=8, choices=Arm.choices)
    stratum = models.PositiveSmallIntegerField(default=0)
    assigned_at = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    reason = models.CharField(max_length=40, default="draw")

    class Meta:
        indexes = [
            models.Index(
                fields=["layer", "customer_id"],
                condition=models.Q(arm="control"),
                name="assignment_control",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} in {self.layer_id}: {self.arm}"
