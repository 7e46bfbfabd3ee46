"""What must not lie in the backup of a company's data: halves of keys, and who was erased.

Both tables are in the public schema. A backup of a company's schema does not have them; whoever
backs up the whole database leaves them out and keeps them apart (docs/how-to/restore.md).
"""

from django.db import models
from django.db.models.functions import Now


class KeyShare(models.Model):
    """One half of a customer's key. The other half, sealed, lies in the company's schema.

    Without its row nothing of this customer can be read, from whatever backup it comes.
    """

    pk = models.CompositePrimaryKey("tenant_id", "customer_id")
    tenant_id = models.BigIntegerField()
    customer_id = models.BigIntegerField()
    share = models.BinaryField()  # 32 random bytes

    def __str__(self) -> str:
        return f"{self.tenant_id}/{self.customer_id}"


class ErasureMark(models.Model):
    """One erased person: ids and nothing else. Only ever added to."""

    tenant = models.UUIDField()  # public id; outlives the company's row
    number = models.BigIntegerField()  # 1, 2, 3 … within the company
    customer_id = models.BigIntegerField()
    ground = models.CharField(max_length=30)
    marked_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "number"], name="erasure_mark_once"),
        ]

    def __str__(self) -> str:
        return f"{self.tenant} {self.number}: {self.customer_id}"
