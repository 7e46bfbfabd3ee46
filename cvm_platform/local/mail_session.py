"""The catcher's side of an SMTP conversation, and what goes wrong in it on purpose."""

import asyncio
import re
import zlib
from dataclasses import dataclass

from aiosmtpd.smtp import SMTP, Envelope, Session

from cvm_platform.local.mailbox import MailboxWriter

MAX_MESSAGE_BYTES = 32 * 1024 * 1024
_FROM = re.compile(r"FROM:\s*<([^<>\s]*)>((?:\s+[A-Z0-9]+(?:=[!-<>-~]+)?)*)", re.IGNORECASE)
_TO = re.compile(r"TO:\s*<([^<>\s]+)>", re.IGNORECASE)
_END_OF_DATA = b"\r\n.\r\n"


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong, by count of messages over the catcher's life; 0 is never.

    Args:
        reject_rate: share of recipients (the same ones always) refused with 550 5.1.1.
        defer_rate: share of recipients put off with 450 4.2.1.
        closing_after: 421 to every MAIL once so many messages are in.
        full_after: 452 4.3.1 to every MAIL once so many messages are in.
        cut_before_data: the connection is cut at every n-th RCPT.
        cut_in_data: the connection is cut within every n-th content.
        cut_after_data: the connection is cut after every n-th content was read, unanswered.
        cut_loses: those unanswered ones are thrown away instead of kept.
        slow_seconds: pause before the answer to a content.
        refuse_content: every n-th content is refused with 554 5.6.0.
        without: extensions not offered, of PIPELINING, CHUNKING, 8BITMIME, SIZE.

    """

    reject_rate: float = 0.0
    defer_rate: float = 0.0
    closing_after: int = 0
    full_after: int = 0
    cut_before_data: int = 0
    cut_in_data: int = 0
    cut_after_data: int = 0
    cut_loses: bool = False
    slow_seconds: float = 0.0
    refuse_content: int = 0
    without: frozenset[str] = frozenset()


class Receiver:
    """What all connections share: the store, the faults and the counts."""

    def __init__(self, store: MailboxWriter | None, faults: Faults) -> None:
        self.store = store
        self.faults = faults
        self.stored = 0
        self.connections = 0
        self.recipients = 0
        self.contents = 0
        self.logins: list[str] = []
        self.sessions: set[CatcherSession] = set()

    def keep(self, envelope: Envelope, raw: bytes) -> int:
        self.stored += 1
        if self.store is None:
            return self.stored
        return self.store.add(envelope.mail_from or "", envelope.rcpt_tos, raw)

    async def handle_EHLO(  # noqa: N802 the library finds hooks by this name
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, replies: list[str]
    ) -> list[str]:
        del server, envelope
        session.host_name = hostname
        offered = [*replies[:-1], "250-PIPELINING", "250-CHUNKING", "250-ENHANCEDSTATUSCODES"]
        hidden = self.faults.without
        kept = [reply for reply in offered if reply[4:].split(" ")[0] not in hidden]
        return [*kept, replies[-1]]


class CatcherSession(SMTP):
    """aiosmtpd reads content line by line and parses addresses in full: a few hundred messages a
    second. These commands read a message at once, and add CHUNKING (RFC 3030).
    """

    line_length_limit = MAX_MESSAGE_BYTES  # of the stream's buffer: a message is read as one
    event_handler: Receiver
    _chunks = b""

    @property
    def _mail(self) -> Envelope:
        return self.envelope or Envelope()  # the library reads all properties before it has one

    def abort(self) -> None:
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    def _set_rset(self) -> None:
        self._set_post_data_state()  # type: ignore[no-untyped-call]  # the library's own

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.event_handler.connections += self not in self.event_handler.sessions  # TLS: again
        self.event_handler.sessions.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.event_handler.sessions.discard(self)
        super().connection_lost(error)

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802 the library's name
        match = _FROM.fullmatch(arg or "")
        if match is None or self._mail.mail_from is not None:
            await super().smtp_MAIL(arg)
            return
        if await self.check_helo_needed() or await self.check_auth_needed("MAIL"):
            return
        faults, stored = self.event_handler.faults, self.event_handler.stored
        if 0 < faults.closing_after <= stored:
            await self.push("421 4.3.2 Closing for maintenance")
            self._writer.close()
        elif 0 < faults.full_after <= stored:
            await self.push("452 4.3.1 Insufficient system storage")
        else:
            self._mail.mail_from = match[1]
            await self.push("250 2.1.0 OK")

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802 the library's name
        match = _TO.fullmatch(arg or "")
        if match is None or self._mail.mail_from is None:
            await super().smtp_RCPT(arg)
            return
        receiver = self.event_handler
        receiver.recipients += 1
        if _is_turn(receiver.recipients, receiver.faults.cut_before_data):
            await self._cut()
        luck = zlib.crc32(match[1].lower().encode()) / 2**32
        if luck < receiver.faults.reject_rate:
            await self.push(f"550 5.1.1 <{match[1]}>: no such user")
        elif luck > 1 - receiver.faults.defer_rate:
            await self.push("450 4.2.1 Try again later")
        else:
            self._mail.rcpt_tos.append(match[1])
            await self.push("250 2.1.5 OK")

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802 the library's name
        if not self._mail.rcpt_tos or arg:
            await self.push("503 5.5.1 Need RCPT" if not arg else "501 5.5.4 Syntax: DATA")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        receiver = self.event_handler
        receiver.contents += 1
        if _is_turn(receiver.contents, receiver.faults.cut_in_data):
            await self._reader.readexactly(100)
            await self._cut()
        try:
            first = await self._reader.readexactly(3)
            raw = first if first == b".\r\n" else first + await self._reader.readuntil(_END_OF_DATA)
        except asyncio.LimitOverrunError:
            await self.push("421 4.3.4 Message too big")
            self._writer.close()
            return
        raw = raw[:-3].replace(b"\r\n..", b"\r\n.")
        await self._take(raw[1:] if raw.startswith(b"..") else raw)

    async def smtp_BDAT(self, arg: str | None) -> None:  # noqa: N802 the library's name
        match = re.fullmatch(r"(\d{1,9})( +LAST)?", arg or "", re.IGNORECASE)
        if match is None or int(match[1]) > MAX_MESSAGE_BYTES:
            await self.push("421 5.5.4 Syntax: BDAT size [LAST]")
            self._writer.close()
            return
        receiver = self.event_handler
        receiver.contents += 1
        if _is_turn(receiver.contents, receiver.faults.cut_in_data):
            await self._reader.readexactly(min(100, int(match[1])))
            await self._cut()
        chunk = await self._reader.readexactly(int(match[1]))
        if not self._mail.rcpt_tos:
            self._chunks = b""
            await self.push("503 5.5.1 Need RCPT")
            return
        self._chunks += chunk
        if match[2] is None:
            await self.push(f"250 2.0.0 {match[1]} octets received")
        else:
            content, self._chunks = self._chunks, b""
            await self._take(content)

    async def _take(self, raw: bytes) -> None:
        receiver, faults = self.event_handler, self.event_handler.faults
        is_cut = _is_turn(receiver.contents, faults.cut_after_data)
        if _is_turn(receiver.contents, faults.refuse_content):
            self._set_rset()
            await self.push("554 5.6.0 Content refused")
            return
        number = 0 if is_cut and faults.cut_loses else receiver.keep(self._mail, raw)
        if is_cut:
            await self._cut()
        if faults.slow_seconds:
            await asyncio.sleep(faults.slow_seconds)
        self._set_rset()
        await self.push(f"250 2.0.0 OK: queued as {number:08d}")

    async def _cut(self) -> None:
        self.abort()
        await asyncio.Event().wait()  # until the lost connection cancels this session


def _is_turn(count: int, every: int) -> bool:
    return every > 0 and count % every == 0
