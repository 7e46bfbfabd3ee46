"""What could not be taken is kept, with the reason, where somebody can look."""

from collections.abc import Sequence
from typing import Any

import msgspec

from analytics.events.contracts import NewEvent, NewOrder
from analytics.events.models import RejectedEvent


def _plain(item: NewEvent | NewOrder) -> Any:
    return msgspec.to_builtins(item, str_keys=True)


def quarantine(source: str, reason: str, items: Sequence[tuple[NewEvent | NewOrder, str]]) -> None:
    """Writes (item, detail) pairs to the table of rejected events."""
    RejectedEvent.objects.bulk_create(
        RejectedEvent(source=source[:40], reason=reason, detail=detail[:300], payload=_plain(item))
        for item, detail in items
    )
