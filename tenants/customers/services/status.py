"""Blocking and lifting a block: who may be processed at all."""

from collections.abc import Sequence

from cvm_platform.common import clock
from tenants.customers.models import Customer


def set_status(*, customer_ids: Sequence[int], status: str, only_from: Sequence[str]) -> int:
    """Moves customers whose state is one of `only_from`; in effect when it is committed.

    Segments, RFM and the send gate take active customers only. Returns how many moved.
    """
    return Customer.objects.filter(pk__in=list(customer_ids), status__in=list(only_from)).update(
        status=status, updated_at=clock.now()
    )
