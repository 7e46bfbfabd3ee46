"""The adapters by kind, imported on first use: one line here is what a new channel costs."""

from collections.abc import Callable
from importlib import import_module
from typing import Any, cast

from campaigns.channels.contracts import ChannelAdapter, Kind

ADAPTERS: dict[Kind, str] = {
    Kind.EMAIL: "campaigns.channels.email.adapter.SmtpEmailAdapter",
}


def open_adapter(kind: Kind, address: str) -> ChannelAdapter[Any]:
    """An adapter ready for use.

    Args:
        kind: the channel.
        address: the channel's connection URL, the only required argument of every adapter.

    Raises:
        KeyError: no adapter is registered for this kind.
        ValueError: the address is not one of this channel.

    """
    module_name, _, class_name = ADAPTERS[kind].rpartition(".")
    make = getattr(import_module(module_name), class_name)
    return cast("Callable[[str], ChannelAdapter[Any]]", make)(address)
