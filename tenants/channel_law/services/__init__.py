"""The one door to the law of channels: loading its rules, and what the company does about it."""

from tenants.channel_law.services.loading import load_known_rules, load_rules
from tenants.channel_law.services.opening import (
    KIND,
    add_call_label,
    add_sender,
    attach_opinion,
    close_channel,
    end_call_label,
    end_sender,
    open_channel,
    revoke_opinion,
)

__all__ = [
    "KIND",
    "add_call_label",
    "add_sender",
    "attach_opinion",
    "close_channel",
    "end_call_label",
    "end_sender",
    "load_known_rules",
    "load_rules",
    "open_channel",
    "revoke_opinion",
]
