"""Who logs in, where they may work, and as whom. Lives in the public schema."""

from datetime import date
from typing import ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from cvm_platform.common.uuids import uuid7
from tenants.accounts.contracts import Role
from tenants.tenancy.models import Tenant


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """A person who logs in; belongs to the agency or to exactly one client."""

    class Side(models.TextChoices):
        AGENCY = "agency", _("Agency")
        CLIENT = "client", _("Client company")

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=150)
    side = models.CharField(max_length=8, choices=Side.choices)
    language = models.CharField(max_length=5, default="ru")
    is_active = models.BooleanField(default=True)
    # Law 152-FZ, article 18.1(1)(6): whoever works with personal data has signed and is trained.
    confidentiality_signed_at = models.DateTimeField(null=True, blank=True)
    training_valid_until = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects = UserManager()

    def __str__(self) -> str:
        return self.name

    def may_work_with_personal_data(self, today: date) -> bool:
        return (
            self.confidentiality_signed_at is not None
            and self.training_valid_until is not None
            and self.training_valid_until >= today
        )


class MembershipQuerySet(models.QuerySet["Membership"]):
    def open_on(self, today: date) -> Self:
        """Memberships whose holder is active, has signed and is trained."""
        return self.filter(
            user__is_active=True,
            user__confidentiality_signed_at__isnull=False,
            user__training_valid_until__gte=today,
        )


class Membership(models.Model):
    """A role of a user in a tenant; in the public tenant it is the role in the agency itself."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "tenant"], name="membership_once_per_tenant"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}@{self.tenant_id}: {self.role}"


class ApiKey(models.Model):
    """A key of one tenant for one integration. The secret itself is shown once and not kept."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16, unique=True)
    secret_hash = models.BinaryField()
    scopes = models.JSONField(default=list)
    # CIDR notation; an empty list means from anywhere
    networks = models.JSONField(default=list)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_ip = models.GenericIPAddressField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"
