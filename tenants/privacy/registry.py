"""Who must hear of a stop or a sign-up that came to nothing, and who carries codes.

News goes up by name, in the transaction of what happened, never by signal.
"""

from collections.abc import Callable, Sequence
from typing import Any

from tenants.privacy.models import StopEvent

# gives what the provider had taken already, for the record: [{dispatch, sent_at}]
StopListener = Callable[[StopEvent, Sequence[bytes]], list[dict[str, Any]]]
# customer, blind index of the address, the code
CodeSender = Callable[[int, bytes, str], None]
# a customer known only by a sign-up that nobody confirmed
UnconfirmedListener = Callable[[int], None]

_listeners: list[StopListener] = []
_unconfirmed: list[UnconfirmedListener] = []
_senders: dict[str, CodeSender] = {}


def on_stop(listener: StopListener) -> StopListener:
    """`listener(stop, addresses)`: the blind indexes of the addresses it is about."""
    if listener not in _listeners:
        _listeners.append(listener)
    return listener


def tell_stop(stop: StopEvent, addresses: Sequence[bytes]) -> list[dict[str, Any]]:
    return [each for listener in _listeners for each in listener(stop, addresses)]


def on_unconfirmed(listener: UnconfirmedListener) -> UnconfirmedListener:
    if listener not in _unconfirmed:
        _unconfirmed.append(listener)
    return listener


def tell_unconfirmed(customer_id: int) -> None:
    for listener in _unconfirmed:
        listener(customer_id)


def carry_codes(channel: str, sender: CodeSender | None) -> None:
    """A channel that can carry one-time codes; None takes it away."""
    if sender is None:
        _senders.pop(channel, None)
    else:
        _senders[channel] = sender


def code_sender(channel: str) -> CodeSender | None:
    return _senders.get(channel)
