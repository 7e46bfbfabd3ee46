"""Customers, pseudonymous; and apart from them, sealed, what tells who they are."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from cvm_platform.common.models import TenantModel
from cvm_platform.common.uuids import uuid7


class Person(TenantModel):
    """One id sequence for everybody: a visitor has an id before, or without, a customer."""

    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return str(self.pk)


class Customer(TenantModel):
    """Somebody of the tenant's base. Its key is the person's id, `customer_id` everywhere else."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        BLOCKED = "blocked", _("Blocked")
        ERASURE_PENDING = "erasure_pending", _("To be erased")
        ERASED = "erased", _("Erased")

    id = models.BigIntegerField(primary_key=True)
    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.ACTIVE)
    lifecycle_stage = models.CharField(max_length=20, blank=True, default="")
    timezone = models.CharField(max_length=50, blank=True, default="")
    language = models.CharField(max_length=5, blank=True, default="")
    # safe derivatives of personal data: what rules and models may see
    city = models.CharField(max_length=100, blank=True, default="")
    age_band = models.CharField(max_length=10, blank=True, default="")
    birth_month_day = models.PositiveSmallIntegerField(null=True)  # 1231 for 31 December
    attributes = models.JSONField(default=dict, blank=True)
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    source = models.CharField(max_length=40, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["city", "id"], name="customer_city"),
            models.Index(fields=["-created_at", "-id"], name="customer_newest"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class Identity(TenantModel):
    """What a person is known by. E-mail and phone are kept as blind indexes, ids as they are."""

    class Kind(models.TextChoices):
        EXTERNAL = "external", _("Id in another system")
        EMAIL = "email", _("E-mail")
        PHONE = "phone", _("Phone")
        LOYALTY = "loyalty", _("Loyalty card")
        DEVICE = "device", _("Device")
        COOKIE = "cookie", _("Browser")
        MESSENGER = "messenger", _("Messenger")

    person_id = models.BigIntegerField(db_index=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    namespace = models.CharField(max_length=40, blank=True, default="")  # the source system
    key = models.CharField(max_length=200)  # hex of the blind index for e-mail and phone
    is_verified = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "namespace", "key"], name="identity_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}:{self.pk}"


class DataKey(TenantModel):
    """The customer's own key, wrapped by the tenant's. Without it nothing below can be read."""

    customer_id = models.BigIntegerField(primary_key=True)
    wrapped = models.BinaryField(null=True)
    # what is wrapped is one half, the other lies in the keyring, outside backups of this schema
    is_split = models.BooleanField(default=False, db_default=False)
    destroyed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.customer_id)


class ContactPoint(TenantModel):
    """An address to write to, sealed; found by its blind index."""

    class Kind(models.TextChoices):
        EMAIL = "email", _("E-mail")
        PHONE = "phone", _("Phone")

    class Status(models.TextChoices):
        ACTIVE = "active", _("Works")
        BOUNCED = "bounced", _("Does not exist")
        INVALID = "invalid", _("Malformed")

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, db_constraint=False, related_name="contacts"
    )
    kind = models.CharField(max_length=8, choices=Kind.choices)
    sealed = models.BinaryField()
    address_hmac = models.BinaryField()
    last4 = models.BigIntegerField(null=True)  # blind index of the last four digits of a phone
    provider = models.CharField(max_length=100, blank=True, default="")  # domain of an e-mail
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.ACTIVE)
    is_primary = models.BooleanField(default=True)
    verified_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "kind", "address_hmac"], name="contact_once"
            ),
        ]
        indexes = [
            models.Index(fields=["address_hmac"], name="contact_hmac"),
            models.Index(
                fields=["last4"], name="contact_last4", condition=models.Q(last4__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.customer_id}"


class PersonalName(TenantModel):
    """Sealed JSON {first, last, middle}; found by blind indexes of words and their prefixes."""

    customer = models.OneToOneField(
        Customer, on_delete=models.CASCADE, db_constraint=False, primary_key=True,
        related_name="personal_name",
    )  # fmt: skip
    sealed = models.BinaryField()
    tokens = ArrayField(models.BigIntegerField(), default=list)

    class Meta:
        indexes = [GinIndex(fields=["tokens"], name="name_tokens", fastupdate=False)]

    def __str__(self) -> str:
        return f"name of {self.customer_id}"


class PersonalAttribute(TenantModel):
    """Any other personal-class value (birth date, address), sealed."""

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, db_constraint=False, related_name="personal_attributes"
    )
    name = models.CharField(max_length=60)
    sealed = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "name"], name="personal_attribute_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.customer_id}"
