"""Messages over one connection, several on the way at once, and the truth about each.

With CHUNKING (RFC 3030) a window of whole messages is on the way. Without it, PIPELINING
(RFC 2920) allows the content of one message with the envelope of the next behind it; never
content before its 354, because a server that refused would read it as commands.

When the connection ends, a message is in doubt only if all of its bytes were handed to the
operating system and no reply came: a server must not deliver an unfinished message (RFC 5321,
4.1.1.4), so everything else surely did not leave and goes again.
"""

import re
from collections import deque
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from campaigns.channels.contracts import Ambiguous, Fault, NotAttempted, Outcome, Rejected
from campaigns.channels.email.connection import Connection, ConnectionCut
from campaigns.channels.email.replies import (
    SERVICE_CLOSING,
    Reply,
    Stage,
    accepted,
    is_full,
    refused,
)

KeyT = TypeVar("KeyT", bound=Hashable)
_MAILBOX = re.compile(r"[!-;=?-~]+")
_LEADING_DOT = re.compile(rb"\n\.")
_MOST_TRIES = 2
_MOST_REFUSALS = 10  # of the server itself, one after another
_START_CONTENT = 354


@dataclass(slots=True)
class Flight(Generic[KeyT]):
    """One message; `end` is the connection's byte count that completes it, 0 before."""

    key: KeyT
    sender: str
    recipient: str
    data: bytes
    tries: int = 0
    end: int = 0
    refusal: Outcome | None = None


class Feed(Generic[KeyT]):
    """The caller's messages, with room for those that come back."""

    def __init__(self, items: Iterable[tuple[KeyT, str, str, bytes]]) -> None:
        self._items = iter(items)
        self._returned: deque[Flight[KeyT]] = deque()

    def take(self) -> Flight[KeyT] | None:
        if self._returned:
            return self._returned.popleft()
        item = next(self._items, None)
        return None if item is None else Flight(*item)

    def give_back(self, flight: Flight[KeyT]) -> None:
        flight.end = 0
        flight.refusal = None
        self._returned.append(flight)


class Pipeline(Generic[KeyT]):
    """One connection's turn. Afterwards `stop` or `cut` says why it ended early."""

    def __init__(
        self, connection: Connection, feed: Feed[KeyT], *, window: int, limit: int
    ) -> None:
        self.stop: NotAttempted | None = None
        self.cut = ""
        self.accepted = 0
        self._connection = connection
        self._feed = feed
        self._window = window
        self._limit = limit
        self._refusals = 0
        self._is_closing = False
        self._done: deque[tuple[KeyT, Outcome]] = deque()

    def run(self) -> Iterator[tuple[KeyT, Outcome]]:
        """Outcomes until the feed ends, the connection's limit is reached, or trouble."""
        if self._connection.has("CHUNKING"):
            return self._run_window()
        return self._run_pairs()

    def _run_window(self) -> Iterator[tuple[KeyT, Outcome]]:
        flying: deque[Flight[KeyT]] = deque()
        while not self.cut:
            pieces = self._fill(flying)
            if not flying:
                break
            try:
                broken = self._send(b"".join(pieces))
                self._read_some(flying, everything=broken is not None)
                if broken is not None and not self._is_closing:
                    raise broken
            except ConnectionCut as error:
                self._settle(flying, str(error))
            if self._is_closing and self.stop is not None:  # no line after a 421 is carried out
                for flight in flying:
                    self._finish(flight, self.stop)
                flying.clear()
            while self._done:
                yield self._done.popleft()
        while self._done:
            yield self._done.popleft()

    def _send(self, data: bytes) -> ConnectionCut | None:
        """A server that hangs up while we write may have said why, and accepted the first ones:
        its answers are read before the connection is given up.
        """
        try:
            self._connection.send(data)
        except ConnectionCut as error:
            return error
        return None

    def _read_some(self, flying: deque[Flight[KeyT]], *, everything: bool) -> None:
        """Outcomes of half the window, so that its other half keeps the server busy."""
        for _flight in range(len(flying) if everything else (len(flying) + 1) // 2):
            if self._is_closing:
                return
            self._finish(flying[0], self._read_replies(flying[0]))
            flying.popleft()

    def _fill(self, flying: deque[Flight[KeyT]]) -> list[bytes]:
        pieces: list[bytes] = []
        end = self._connection.handed
        while len(flying) < self._window and (flight := self._take()) is not None:
            pieces.append(self._chunk(flight))
            end += len(pieces[-1])
            flight.end = end
            flying.append(flight)
        return pieces

    def _run_pairs(self) -> Iterator[tuple[KeyT, Outcome]]:
        granted: Flight[KeyT] | None = None
        while not self.cut:
            upcoming = self._take()
            flying = [flight for flight in (granted, upcoming) if flight is not None]
            try:
                broken = self._hand_over(granted, upcoming)
                if granted is not None:
                    self._finish(granted, self._judge(granted, self._connection.read_reply()))
                    flying.remove(granted)
                granted = None
                if broken is not None and self.stop is None:
                    raise broken
                if upcoming is not None and self.stop is None and self._is_granted(upcoming):
                    granted = upcoming
            except ConnectionCut as error:
                self._settle(flying, str(error))
            if self.stop is not None and upcoming is not None and upcoming.refusal is None:
                self._finish(upcoming, self.stop)
                granted = None
            while self._done:
                yield self._done.popleft()
            if granted is None and (upcoming is None or self.stop is not None):
                return

    def _take(self) -> Flight[KeyT] | None:
        """The next message worth sending over this connection."""
        while self.stop is None and not (0 < self._limit <= self._connection.served):
            flight = self._feed.take()
            if flight is None:
                return None
            refusal = self._refuse(flight)
            if refusal is None:
                self._connection.served += 1
                return flight
            self._finish(flight, refusal)
        return None

    def _refuse(self, flight: Flight[KeyT]) -> Rejected | None:
        for mailbox in (flight.sender, flight.recipient):
            if not _MAILBOX.fullmatch(mailbox) and (mailbox or mailbox is flight.recipient):
                return Rejected("The address is wrong.", "bad_address", True, Fault.RECIPIENT)
        limit = self._connection.size_limit
        if 0 < limit < len(flight.data):
            reason = f"{len(flight.data)} bytes, the server takes {limit}."
            return Rejected(reason, "552 5.3.4", True, Fault.MESSAGE)
        return None

    def _envelope(self, flight: Flight[KeyT]) -> list[bytes]:
        size = b" SIZE=%d" % len(flight.data) if self._connection.has("SIZE") else b""
        if self._connection.has("8BITMIME") and not flight.data.isascii():
            size += b" BODY=8BITMIME"
        return [
            b"MAIL FROM:<%s>%s\r\n" % (flight.sender.encode(), size),
            b"RCPT TO:<%s>\r\n" % flight.recipient.encode(),
        ]

    def _chunk(self, flight: Flight[KeyT]) -> bytes:
        """RSET first: after a refused BDAT the transaction's state is open (RFC 3030, 2)."""
        last = b"BDAT %d LAST\r\n" % len(flight.data)
        return b"".join((b"RSET\r\n", *self._envelope(flight), last, flight.data))

    def _read_replies(self, flight: Flight[KeyT]) -> Outcome:
        """The outcome of one message of the window: four replies, the first refusal counts."""
        reset = self._connection.read_reply()
        if reset.code == SERVICE_CLOSING:
            return self._close_down(reset)
        for stage in (Stage.SENDER, Stage.RECIPIENT):
            reply = self._connection.read_reply()
            if reply.code == SERVICE_CLOSING:
                return self._close_down(reply)
            if not reply.is_ok and flight.refusal is None:
                flight.refusal = self._refusal(flight, stage, reply)
        reply = self._connection.read_reply()
        return flight.refusal or self._judge(flight, reply)

    def _hand_over(
        self, content_of: Flight[KeyT] | None, envelope_of: Flight[KeyT] | None
    ) -> ConnectionCut | None:
        pieces = []
        if content_of is not None:
            data = _LEADING_DOT.sub(b"\n..", content_of.data)
            data = b"." + data if data.startswith(b".") else data
            pieces += [data, b".\r\n" if data.endswith(b"\r\n") else b"\r\n.\r\n"]
            content_of.end = self._connection.handed + sum(map(len, pieces))
        if envelope_of is not None and self._connection.has("PIPELINING"):
            pieces += [b"RSET\r\n", *self._envelope(envelope_of), b"DATA\r\n"]
        return self._send(b"".join(pieces))

    def _is_granted(self, flight: Flight[KeyT]) -> bool:
        """Reads the envelope's replies (sends it line by line to a server without PIPELINING)."""
        reply = None
        lines = [b"RSET\r\n", *self._envelope(flight), b"DATA\r\n"]
        stages = (Stage.SENDER, Stage.SENDER, Stage.RECIPIENT, Stage.CONTENT)
        is_pipelined = self._connection.has("PIPELINING")
        for line, stage in zip(lines, stages, strict=True):
            if not is_pipelined:
                self._connection.send(line)
            reply = self._connection.read_reply()
            if reply.code == SERVICE_CLOSING:
                flight.refusal = self._close_down(reply)
                break
            is_fine = reply.is_ok or reply.code == _START_CONTENT
            if not is_fine and flight.refusal is None:
                flight.refusal = self._refusal(flight, stage, reply)
            if not is_fine and not is_pipelined:
                break
        if flight.refusal is None:
            return True
        if reply is not None and reply.code == _START_CONTENT:  # 354 with no recipient
            self._connection.send(b".\r\n")
            self._connection.read_reply()
        self._finish(flight, flight.refusal)
        return False

    def _judge(self, flight: Flight[KeyT], reply: Reply) -> Outcome:
        if reply.is_ok:
            self.accepted += 1
            return accepted(reply)
        if reply.code == SERVICE_CLOSING:
            return self._close_down(reply)
        return self._refusal(flight, Stage.CONTENT, reply)

    def _refusal(self, flight: Flight[KeyT], stage: Stage, reply: Reply) -> Rejected:
        if is_full(stage, reply):
            self.stop = NotAttempted(
                f"{stage}: {reply.code} {reply.text}"[:500], "server_full", 300
            )
        return refused(stage, reply, flight.recipient)

    def _close_down(self, reply: Reply) -> NotAttempted:
        self._is_closing = True
        self.stop = NotAttempted(f"{reply.code} {reply.text}"[:500], "server_closing", 60)
        return self.stop

    def _finish(self, flight: Flight[KeyT], outcome: Outcome) -> None:
        self._done.append((flight.key, outcome))
        is_server = isinstance(outcome, Rejected) and outcome.fault is Fault.SERVER
        self._refusals = self._refusals + 1 if is_server else 0
        if self._refusals >= _MOST_REFUSALS and self.stop is None:
            self.stop = NotAttempted("The server refuses every message.", "server_refuses", 300)

    def _settle(self, flying: Iterable[Flight[KeyT]], reason: str) -> None:
        """The connection is gone: who is in doubt, who goes again."""
        self.cut = reason or "cut"
        for flight in flying:
            flight.tries += 1
            if flight.refusal is not None:
                self._finish(flight, flight.refusal)
            elif 0 < flight.end <= self._connection.handed:
                self._finish(flight, Ambiguous(f"No answer: {reason}"))
            elif flight.tries >= _MOST_TRIES:
                self._finish(flight, NotAttempted(reason, "connection_cut"))
            else:
                self._feed.give_back(flight)
