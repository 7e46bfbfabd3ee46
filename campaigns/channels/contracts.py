"""What crosses the border of the channels: one message in, one outcome out.

No Django here: the delivery of slices, a test send and a benchmark use the same shapes.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, TypeVar


class Kind(StrEnum):
    EMAIL = "email"


class Fault(StrEnum):
    """Whom a refusal is about: only RECIPIENT may ever suppress an address."""

    RECIPIENT = "recipient"  # this address does not exist or never will accept
    MESSAGE = "message"  # this message (size, content, header) is not acceptable
    SERVER = "server"  # the server, its policy or our account: says nothing of the address


@dataclass(frozen=True, slots=True)
class Sent:
    """The other side took responsibility.

    Args:
        provider_id: what the other side calls the message, or "".

    """

    provider_id: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The other side (or the rules of its protocol) said no, so nobody got the message.

    Args:
        reason: the other side's words, one line, at most 500 characters.
        code: reply code or stable name: "550 5.1.1", "bad_address".
        permanent: False: the same message may succeed later.
        fault: whom it is about.

    """

    reason: str
    code: str
    permanent: bool
    fault: Fault = Fault.SERVER


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """All of the message was handed over and no answer came: it may have been delivered.

    Never sent again on its own; shown as it is.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class NotAttempted:
    """The message surely did not leave: sending it later cannot double it.

    Args:
        reason: one line, at most 500 characters.
        code: stable name: "unreachable", "server_full", "server_closing", "auth_failed",
            "connection_cut".
        retry_after_seconds: a hint, 0 when there is none.

    """

    reason: str
    code: str
    retry_after_seconds: int = 0


Outcome = Sent | Rejected | Ambiguous | NotAttempted


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do, for forms and for the choice of a channel.

    Args:
        max_bytes: size limit of one message, 0 when unknown.
        safe_to_repeat: the other side drops a repeated message by our id.
        answers_at_once: an outcome is known when the call ends (e-mail, SMS); the rest of the
            story (bounce, delivery report) comes later in any case.

    """

    has_subject: bool
    has_html: bool
    tracks_opens: bool
    tracks_clicks: bool
    one_click_unsubscribe: bool
    max_bytes: int = 0
    safe_to_repeat: bool = False
    answers_at_once: bool = True


@dataclass(frozen=True, slots=True)
class Address:
    email: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class EmailStream:
    """What all messages of one broadcast share. Build once per broadcast, not per message.

    Args:
        key: short ASCII name, unique in the installation ("acme-b42"): part of Message-ID.
        return_path: envelope sender; "{ref}" becomes the message's ref (VERP).
        message_id_domain: right side of Message-ID, a domain of the sender.
        list_id: "name.list.domain", RFC 2919; "" leaves the header out.
        feedback_id: "campaign:tenant:stream:platform" for feedback loops, or "".
        headers: further fixed headers.

    """

    key: str
    from_: Address
    return_path: str
    message_id_domain: str
    reply_to: Address | None = None
    list_id: str = ""
    feedback_id: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OutgoingEmail:
    """One rendered message to one address.

    Args:
        message_id: the outbox row; comes back with the outcome.
        ref: letters and digits, the same at every attempt (Message-ID, VERP); "" takes
            message_id.
        text: plain part, lines end with a line feed; html: the same.
        unsubscribe_url: https address of RFC 8058; "" only for service messages.
        unsubscribe_mailto: mailbox that takes refusals, or "".
        headers: further headers of this message alone.

    """

    message_id: int
    to: Address
    stream: EmailStream
    subject: str
    html: str
    text: str
    unsubscribe_url: str
    unsubscribe_mailto: str = ""
    ref: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


MessageT_contra = TypeVar("MessageT_contra", contravariant=True)


class ChannelAdapter(Protocol[MessageT_contra]):
    """Only sends. No database, no consent check, no retry of a message that may have left.

    One instance belongs to one thread and may keep a connection between calls.
    """

    @property
    def kind(self) -> Kind: ...

    @property
    def capabilities(self) -> Capabilities: ...

    def send_many(self, messages: Iterable[MessageT_contra]) -> Iterator[tuple[int, Outcome]]:
        """Exactly one outcome per message, by its `message_id`, as soon as it is known.

        Messages are taken from the iterable as they are needed; the order of the outcomes is
        not promised. Transport trouble is an outcome, never an exception. A caller that stops
        early leaves what it took and saw no outcome for: that is ambiguous.
        """
        ...

    def close(self) -> None: ...
