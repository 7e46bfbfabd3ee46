"""The e-mail channel over SMTP."""

from collections import deque
from collections.abc import Iterable, Iterator

from campaigns.channels.contracts import (
    Capabilities,
    EmailStream,
    Kind,
    Outcome,
    OutgoingEmail,
    Rejected,
)
from campaigns.channels.email.config import SmtpConfig
from campaigns.channels.email.smtp import SmtpClient
from campaigns.channels.headers import MessageRefused, check_mailbox
from campaigns.channels.mime import MimeTemplate


class SmtpEmailAdapter:
    """Writes messages down and hands them to one mail server.

    Args:
        address: see campaigns.channels.email.config.

    Raises:
        ValueError: the address is not one of a mail server.

    """

    kind = Kind.EMAIL
    capabilities = Capabilities(
        has_subject=True,
        has_html=True,
        tracks_opens=True,
        tracks_clicks=True,
        one_click_unsubscribe=True,
    )

    def __init__(self, address: str) -> None:
        self._client = SmtpClient(SmtpConfig.from_url(address))
        self._writer: tuple[EmailStream, MimeTemplate] | None = None

    def send_many(self, messages: Iterable[OutgoingEmail]) -> Iterator[tuple[int, Outcome]]:
        """Outcomes by message_id; see ChannelAdapter."""
        refused: deque[tuple[int, Outcome]] = deque()
        for key, outcome in self._client.send_many(self._written(messages, refused)):
            yield from _emptied(refused)
            yield key, outcome
        yield from _emptied(refused)

    def close(self) -> None:
        self._client.close()

    def _written(
        self, messages: Iterable[OutgoingEmail], refused: deque[tuple[int, Outcome]]
    ) -> Iterator[tuple[int, str, str, bytes]]:
        for message in messages:
            try:
                writer = self._writer_of(message.stream)
                data = writer.build(message, eight_bit=self._client.eight_bit)
                sender, recipient = writer.return_path(message), check_mailbox(message.to.email)
            except MessageRefused as error:
                outcome = Rejected(error.reason, error.code, permanent=True, fault=error.fault)
                refused.append((message.message_id, outcome))
                continue
            yield message.message_id, sender, recipient, data

    def _writer_of(self, stream: EmailStream) -> MimeTemplate:
        if self._writer is None or self._writer[0] is not stream:
            self._writer = (stream, MimeTemplate(stream))
        return self._writer[1]


def _emptied(refused: deque[tuple[int, Outcome]]) -> Iterator[tuple[int, Outcome]]:
    while refused:
        yield refused.popleft()
