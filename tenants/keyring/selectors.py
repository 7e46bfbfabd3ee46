"""Reading halves of keys and the ledger."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import Max

from tenants.keyring import ledger_file
from tenants.keyring.models import ErasureMark, KeyShare


def shares_of(*, tenant_id: int, customer_ids: Iterable[int]) -> dict[int, bytes]:
    """Halves that still exist, by customer."""
    rows = KeyShare.objects.filter(tenant_id=tenant_id, customer_id__in=list(customer_ids))
    return {
        customer_id: bytes(share) for customer_id, share in rows.values_list("customer_id", "share")
    }


def last_mark(tenant: UUID) -> int:
    """Number of the newest erasure known anywhere: in the table or in the file."""
    found = ErasureMark.objects.filter(tenant=tenant).aggregate(last=Max("number"))["last"]
    return max(found or 0, ledger_file.last_number(tenant))


def marks_after(tenant: UUID, number: int) -> Sequence[ErasureMark]:
    """In their order, of the table alone; `services.restore_marks` brings the file's into it."""
    return list(ErasureMark.objects.filter(tenant=tenant, number__gt=number).order_by("number"))
