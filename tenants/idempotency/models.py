"""Answers given to writes of the API, kept so that a retry gets the same one."""

from django.db import models
from django.db.models.functions import Now

from cvm_platform.common.models import TenantModel


class StoredAnswer(TenantModel):
    """One Idempotency-Key of one caller; without a status the first request is still at work."""

    caller = models.BinaryField()  # hash of the API key: two integrations may choose the same text
    key = models.CharField(max_length=200)
    request_hash = models.BinaryField()  # method, path and body
    status = models.PositiveSmallIntegerField(null=True)
    content_type = models.CharField(max_length=100, default="")
    body = models.BinaryField(null=True)
    started_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["caller", "key"], name="answer_once"),
        ]
        indexes = [models.Index(fields=["started_at"], name="answer_age")]

    def __str__(self) -> str:
        return self.key
