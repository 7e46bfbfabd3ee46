"""Who must hear of a stop: news goes up by name, in the transaction of the stop."""

from collections.abc import Callable, Sequence
from typing import Any

from tenants.privacy.models import StopEvent

# gives what the provider had taken already, for the record: [{dispatch, sent_at}]
StopListener = Callable[[StopEvent, Sequence[bytes]], list[dict[str, Any]]]

_listeners: list[StopListener] = []


def on_stop(listener: StopListener) -> StopListener:
    """`listener(stop, addresses)`: the blind indexes of the addresses it is about."""
    if listener not in _listeners:
        _listeners.append(listener)
    return listener


def tell_stop(stop: StopEvent, addresses: Sequence[bytes]) -> list[dict[str, Any]]:
    return [each for listener in _listeners for each in listener(stop, addresses)]
