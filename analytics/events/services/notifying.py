"""Tells the subscribers on commit, inside the tenant that the news belongs to."""

from collections.abc import Sequence
from functools import partial

from django.db import transaction

from analytics.events.registry import subscribers
from cvm_platform.common.jobs import current_schema, in_tenant

_SLICE = 5000


def tell_subscribers(customer_ids: Sequence[int], kinds: frozenset[str]) -> None:
    if customer_ids and kinds and subscribers:
        transaction.on_commit(
            partial(in_tenant, current_schema(), _tell, customer_ids, kinds), robust=True
        )


def _tell(customer_ids: Sequence[int], kinds: frozenset[str]) -> None:
    for start in range(0, len(customer_ids), _SLICE):
        part = list(customer_ids[start : start + _SLICE])
        for subscriber in subscribers:
            subscriber(part, kinds)
