"""What was agreed to, word for word, and what proves that it was."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cvm_platform.common.models import TenantModel
from cvm_platform.common.uuids import uuid7


class ConsentText(TenantModel):
    """One version of one document. Once published, never changed: records point at its hash."""

    class Document(models.TextChoices):
        PD_CONSENT = "PD_CONSENT", _("Consent to processing")
        AD_PERMISSION = "AD_PERMISSION", _("Permission to advertise")
        COOKIE = "COOKIE_CONSENT", _("Consent to cookies")
        SPECIAL = "WRITTEN_CONSENT_SPECIAL", _("Written consent to special categories")
        AUTOMATED = "AUTOMATED_DECISION_CONSENT", _("Consent to automated decisions")

    class Status(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("consent text", "Draft")
        PUBLISHED = "published", pgettext_lazy("consent text", "Published")
        RETIRED = "retired", pgettext_lazy("consent text", "No longer shown")

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    document = models.CharField(max_length=30, choices=Document.choices)
    title = models.CharField(max_length=200)
    version = models.PositiveIntegerField(default=1)
    # codes; exactly one for a consent to processing
    purposes = ArrayField(models.CharField(max_length=30), default=list)
    channels = ArrayField(models.CharField(max_length=20), default=list)
    topics = ArrayField(models.CharField(max_length=60), default=list)
    brands = ArrayField(models.CharField(max_length=100), default=list)
    # what stands at the box to be ticked
    label = models.CharField(max_length=400)
    body = models.TextField()
    body_sha256 = models.CharField(max_length=64, blank=True, default="")
    operator_name = models.CharField(max_length=300, blank=True, default="")
    operator_address = models.CharField(max_length=300, blank=True, default="")
    pd_list = ArrayField(models.CharField(max_length=60), default=list)
    actions = ArrayField(models.CharField(max_length=40), default=list)
    methods = models.CharField(max_length=100, blank=True, default="")
    # a name and an address each
    processors = models.JSONField(default=list)
    recipients = models.JSONField(default=list)
    term = models.CharField(max_length=200, blank=True, default="")
    term_months = models.PositiveSmallIntegerField(null=True)
    withdrawal_methods = ArrayField(models.CharField(max_length=300), default=list)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    approved_by = models.CharField(max_length=60, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["document", "title", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["document", "title", "version"], name="text_version"),
        ]

    def __str__(self) -> str:
        return f"{self.title}, {self.version}"


class OperatorDeclaration(TenantModel):
    """The operator says, signed, that loaded consents exist: which text, how, from when to when."""

    class Status(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("declaration", "Waits for the officer")
        ACTIVE = "active", pgettext_lazy("declaration", "In force")
        REFUSED = "refused", pgettext_lazy("declaration", "Refused")
        REVOKED = "revoked", pgettext_lazy("declaration", "Taken back")

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    # the load it is about; empty for what an integration sends row by row
    batch = models.UUIDField(null=True)
    source = models.CharField(max_length=40, blank=True, default="")
    pd_text = models.ForeignKey(
        ConsentText, on_delete=models.PROTECT, null=True, related_name="+",
    )  # fmt: skip
    ad_text = models.ForeignKey(
        ConsentText, on_delete=models.PROTECT, null=True, related_name="+",
    )  # fmt: skip
    # how the will was checked where rows do not say: DOI_EMAIL, OTP_SMS, PAPER_SIGNED, …
    method = models.CharField(max_length=20, default="NONE")
    given_from = models.DateField()
    given_to = models.DateField()
    # where the originals are kept and how they can be shown to the regulator
    kept_where = models.CharField(max_length=300)
    # consents given before 1 September 2025 inside other documents: the officer takes the risk
    accepts_legacy = models.BooleanField(default=False)
    risk_note = models.TextField(blank=True, default="")
    signed_by = models.CharField(max_length=200)
    signed_position = models.CharField(max_length=200)
    file_sha256 = models.CharField(max_length=64, blank=True, default="")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.source} {self.given_from} - {self.given_to}"


class Evidence(TenantModel):
    """What proves an act of will. Append-only, sealed into a chain, read by the officer alone."""

    class Kind(models.TextChoices):
        FORM = "FORM", pgettext_lazy("evidence", "Form")
        API = "API", pgettext_lazy("evidence", "Integration")
        IMPORT = "IMPORT", pgettext_lazy("evidence", "Loaded file")
        STAFF = "STAFF", pgettext_lazy("evidence", "Entered by staff")

    at = models.DateTimeField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    customer_id = models.BigIntegerField(null=True)  # null: of a whole load
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True, default="")
    form_url = models.CharField(max_length=300, blank=True, default="")
    form_version = models.PositiveIntegerField(null=True)
    # the form as it was shown, HTML
    snapshot = models.TextField(blank=True, default="")
    # of every box: its id, label, state at first and at the end
    controls = models.JSONField(default=list)
    text_id = models.BigIntegerField(null=True)
    text_sha256 = models.CharField(max_length=64, blank=True, default="")
    declaration_id = models.BigIntegerField(null=True)
    # what the sort of proof knows: {sent_at, entered_at, attempts}, {clicked_at}, {file_sha256}
    details = models.JSONField(default=dict)
    seal_number = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["customer_id"], name="evidence_customer"),
            models.Index(
                fields=["id"], condition=models.Q(seal_number__isnull=True),
                name="evidence_unsealed",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
