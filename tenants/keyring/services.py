"""The one door to halves of keys and to the ledger of erasures."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from cvm_platform.common import bulk, clock
from tenants.keyring import ledger_file
from tenants.keyring.models import ErasureMark, KeyShare
from tenants.tenancy.models import Tenant

_INSERT = """
INSERT INTO public.keyring_keyshare (tenant_id, customer_id, share)
SELECT %s, u.customer_id, u.share FROM unnest(%s::bigint[], %s::bytea[]) AS u (customer_id, share)
ON CONFLICT (tenant_id, customer_id) DO UPDATE SET share = excluded.share
"""


def keep_shares(*, tenant_id: int, shares: Mapping[int, bytes]) -> None:
    """Stores halves of new keys, in the caller's transaction."""
    if shares:
        bulk.run(_INSERT, [tenant_id, *bulk.columns_of(sorted(shares.items()), 2)])


def destroy_shares(*, tenant_id: int, customer_ids: Iterable[int]) -> int:
    """Destroys halves for good; returns how many there were."""
    deleted, _by_model = KeyShare.objects.filter(
        tenant_id=tenant_id, customer_id__in=list(customer_ids)
    ).delete()
    return deleted


def add_marks(
    *, tenant: Tenant, customer_ids: Sequence[int], ground: str
) -> list[ledger_file.Mark]:
    """Writes people into the ledger, in the caller's transaction; the file follows the commit."""
    bulk.lock_tenant("erasure-ledger")
    last = ErasureMark.objects.filter(tenant=tenant.public_id).aggregate(last=Max("number"))["last"]
    now = clock.now()
    marks = [
        ledger_file.Mark(number, customer_id, ground[:30], now)
        for number, customer_id in enumerate(
            customer_ids, start=max(last or 0, ledger_file.last_number(tenant.public_id)) + 1
        )
    ]
    ErasureMark.objects.bulk_create(_row(tenant.public_id, mark) for mark in marks)
    transaction.on_commit(lambda: copy_to_file(tenant=tenant))
    return marks


def copy_to_file(*, tenant: Tenant) -> int:
    """Brings the file up to the table; what a crash left out comes with the next call."""
    rows = ErasureMark.objects.filter(
        tenant=tenant.public_id, number__gt=ledger_file.last_number(tenant.public_id)
    ).order_by("number")
    return ledger_file.append(
        tenant,
        [
            ledger_file.Mark(row.number, row.customer_id, row.ground, row.marked_at)
            for row in rows
        ],
    )  # fmt: skip


def restore_marks(*, tenant: Tenant) -> int:
    """After a restore of the whole database: what only the file knows, back into the table.

    Raises:
        LedgerBroken: the file was changed by somebody.
    """
    known = set(
        ErasureMark.objects.filter(tenant=tenant.public_id).values_list("number", flat=True)
    )
    lost = [mark for mark in ledger_file.read(tenant) if mark.number not in known]
    ErasureMark.objects.bulk_create(_row(tenant.public_id, mark) for mark in lost)
    return len(lost)


def _row(tenant: UUID, mark: ledger_file.Mark) -> ErasureMark:
    return ErasureMark(
        tenant=tenant, number=mark.number, customer_id=mark.customer_id, ground=mark.ground,
        marked_at=mark.marked_at,
    )  # fmt: skip
