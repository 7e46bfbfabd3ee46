"""Who wants to hear that a dispatch changed its state: news goes up by name, never by signal."""

from collections.abc import Callable

# called in the tenant, in the transaction of the change, with the dispatch's id and new status
Listener = Callable[[int, str], None]

_listeners: list[Listener] = []


def listen(listener: Listener) -> Listener:
    if listener not in _listeners:
        _listeners.append(listener)
    return listener


def tell(dispatch_id: int, status: str) -> None:
    for listener in _listeners:
        listener(dispatch_id, status)
