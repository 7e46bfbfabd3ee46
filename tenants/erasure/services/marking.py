"""The ledger outside the company's schema, and the tombstones inside it, in one transaction."""

from collections.abc import Sequence

from django.db import transaction

from cvm_platform.common import clock
from tenants.erasure.models import ErasureJob, ErasureSubject, Tombstone
from tenants.keyring import services as keyring
from tenants.tenancy.selectors import current_tenant

BOUND = "+contract"  # after the ground: data of a contract stayed


def mark(*, job: ErasureJob, subjects: Sequence[ErasureSubject], bound: set[int]) -> None:
    """Before the first row goes: whoever restores an older copy learns it from the ledger.

    A person whose contract data stayed is marked so, and once more when it is over.
    """
    whole = [each.customer_id for each in subjects if each.customer_id not in bound]
    parts = [each.customer_id for each in subjects if each.customer_id in bound]
    key = f"mark:{len(whole)}:{len(parts)}"
    if key in job.steps:
        return
    with transaction.atomic():
        for ids, ground in ((whole, job.ground), (parts, f"{job.ground}{BOUND}")):
            if not ids:
                continue
            marks = keyring.add_marks(tenant=current_tenant(), customer_ids=ids, ground=ground)
            Tombstone.objects.bulk_create(
                Tombstone(number=each.number, customer_id=each.customer_id, at=each.marked_at)
                for each in marks
            )
        job.steps[key] = {"rows": len(subjects), "at": clock.now().isoformat()}
        job.save(update_fields=["steps"])


def copy_ledger() -> int:
    """Brings the file outside the database up to date; a crash may have left a line out."""
    return keyring.copy_to_file(tenant=current_tenant())
