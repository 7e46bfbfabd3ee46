"""A mail server as a place to hand slices of messages to."""

import os
import time
from collections.abc import Iterable, Iterator

from campaigns.channels.contracts import NotAttempted, Outcome
from campaigns.channels.email.config import SmtpConfig
from campaigns.channels.email.connection import CannotConnect, Connection
from campaigns.channels.email.pipeline import Feed, KeyT, Pipeline

_MOST_CUTS = 5  # of one call, before the rest is left for later
_MOST_IDLE_SECONDS = 100.0  # firewalls forget a silent connection, and the first write hangs


class SmtpClient:
    """Keeps one connection between calls. Belongs to one thread; a forked child opens its own."""

    def __init__(self, config: SmtpConfig) -> None:
        self.config = config
        self._connection: Connection | None = None
        self._owner = 0
        self._used_at = 0.0

    @property
    def eight_bit(self) -> bool:
        """Whether the server in use takes 8BITMIME; False while there is none."""
        return self._connection is not None and self._connection.has("8BITMIME")

    def send_many(
        self, items: Iterable[tuple[KeyT, str, str, bytes]]
    ) -> Iterator[tuple[KeyT, Outcome]]:
        """Exactly one outcome per (key, envelope sender, recipient, message), when it is known.

        Messages have CRLF lines and are not dot-stuffed. At most `window` messages are taken
        and without an outcome at any moment. Trouble of the transport never raises; after a
        "stop" of the server the rest comes back as NotAttempted.
        """
        feed = Feed(items)
        stop: NotAttempted | None = None
        cuts = 0
        is_done = False
        try:
            while stop is None:
                connection, stop = self._ready()
                if connection is None:
                    break
                config = self.config
                turn = Pipeline(connection, feed, window=config.window, limit=config.per_connection)
                yield from turn.run()
                stop = turn.stop
                if turn.cut or stop is not None:
                    self._drop()
                    cuts += bool(turn.cut)
                    if stop is None and cuts >= _MOST_CUTS:
                        stop = NotAttempted(f"Cut {cuts} times: {turn.cut}", "connection_cut", 60)
                elif 0 < config.per_connection <= connection.served:
                    self.close()
                else:
                    break
            is_done = True
        finally:
            self._used_at = time.monotonic()
            if not is_done:  # the caller left: what is on the way has no outcome
                self._drop()
        while stop is not None and (flight := feed.take()) is not None:
            yield flight.key, stop

    def close(self) -> None:
        if self._connection is not None and self._owner == os.getpid():
            self._connection.quit()
        self._drop()

    def _ready(self) -> tuple[Connection | None, NotAttempted | None]:
        kept = self._connection
        if kept is not None:
            is_fresh = time.monotonic() - self._used_at < _MOST_IDLE_SECONDS
            if self._owner == os.getpid() and is_fresh and kept.is_alive():
                return kept, None
            self._drop()
        try:
            self._connection = Connection(self.config)
        except CannotConnect as error:
            return None, NotAttempted(error.reason, error.code, 60)
        self._owner = os.getpid()
        self._used_at = time.monotonic()
        return self._connection, None

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
