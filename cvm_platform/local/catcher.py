"""A mail server that keeps everything and delivers nothing: for the demo and for tests.

    python -m cvm_platform.local.catcher --port 8025 --dir var/mail

Without options the port comes from CVM_SMTP_URL and the folder from CVM_MAIL_CATCHER_DIR. The
other options break things on purpose, so that senders can be proved right.
"""

import argparse
import asyncio
import logging
import os
import signal
import ssl
import sys
import threading
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from aiosmtpd.smtp import AuthResult, LoginPassword

from cvm_platform.local.mail_session import MAX_MESSAGE_BYTES, CatcherSession, Faults, Receiver
from cvm_platform.local.mailbox import (
    DEFAULT_KEEP,
    DEFAULT_MAX_BYTES,
    MailboxWriter,
    list_messages,
    read_message,
)

__all__ = ["Catcher", "Faults", "list_messages", "read_message"]

_DEFAULT_FOLDER = "var/mail"
_DEFAULT_PORT = 8025


class Catcher:
    """The server; `serve` in an event loop, or as a context manager in a thread of its own.

    Args:
        folder: where to keep messages; None counts them and forgets them.
        faults: what goes wrong.
        keep: how many messages stay.
        max_bytes: how many bytes of messages stay.
        tls: offers STARTTLS with this context.
        login: (user, password) that AUTH accepts; None refuses every login.

    """

    def __init__(
        self,
        folder: Path | None,
        faults: Faults | None = None,
        *,
        keep: int = DEFAULT_KEEP,
        max_bytes: int = DEFAULT_MAX_BYTES,
        tls: ssl.SSLContext | None = None,
        login: tuple[str, str] | None = None,
    ) -> None:
        store = None if folder is None else MailboxWriter(folder, keep=keep, max_bytes=max_bytes)
        self.receiver = Receiver(store, faults or Faults())
        self.port = 0
        self._tls = tls
        self._login = login
        self._listening = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self.serve()), daemon=True)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def serve(self, port: int = 0, *, held: bool = False) -> None:
        """Listens on this machine only, until `stop`; `held`: beside a `ports.HeldPort`."""
        logging.getLogger("mail.log").setLevel(logging.ERROR)  # else every line of every session
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        server = await self._loop.create_server(
            self._session, "127.0.0.1", port, reuse_port=held or None
        )
        self.port = server.sockets[0].getsockname()[1]
        self._listening.set()
        await self._stopping.wait()
        server.close()
        self._abort_all()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        if rest:
            await asyncio.wait(rest, timeout=2)
        if self.receiver.store is not None:
            self.receiver.store.close()

    def stop(self) -> None:
        """From any thread or signal handler."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)

    def hang_up(self) -> None:
        """Cuts every connection, from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._abort_all)

    def _abort_all(self) -> None:
        for session in list(self.receiver.sessions):
            session.abort()

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._listening.wait(10):
            raise RuntimeError("The catcher did not start.")
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()
        self._thread.join(10)

    def _session(self) -> CatcherSession:
        return CatcherSession(
            self.receiver,
            data_size_limit=MAX_MESSAGE_BYTES,
            hostname="catcher.localhost",
            ident="CVM mail catcher",
            tls_context=self._tls,
            auth_require_tls=self._tls is not None,
            authenticator=self._authenticate,
            timeout=600,
        )

    def _authenticate(
        self, _server: Any, _session: Any, _envelope: Any, method: str, data: Any
    ) -> AuthResult:
        if self._login is None or not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        given = (data.login.decode(), data.password.decode())
        if given == self._login:
            self.receiver.logins.append(method)
        return AuthResult(success=given == self._login, handled=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs until SIGTERM or Ctrl-C; 1 when the port is taken."""
    options = _parser().parse_args(arguments)
    names = {field.name for field in fields(Faults)}
    faults = {name: value for name, value in vars(options).items() if name in names}
    faults["without"] = frozenset(options.without)
    catcher = Catcher(
        None if options.discard else Path(options.dir),
        Faults(**faults),
        keep=options.keep,
        max_bytes=options.max_bytes,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_frame: catcher.stop())
    try:
        asyncio.run(catcher.serve(options.port, held=options.held))
    except OSError as error:
        sys.stderr.write(f"mail catcher: port {options.port}: {error.strerror or error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="catcher", description=__doc__)
    port = urlsplit(os.environ.get("CVM_SMTP_URL", "")).port or _DEFAULT_PORT
    parser.add_argument("--port", type=int, default=port)
    parser.add_argument("--held", action="store_true", help="our parent holds the port for us")
    parser.add_argument("--dir", default=os.environ.get("CVM_MAIL_CATCHER_DIR") or _DEFAULT_FOLDER)
    parser.add_argument("--keep", type=int, default=DEFAULT_KEEP, help="messages that stay")
    parser.add_argument("--max-bytes", type=int, default=DEFAULT_MAX_BYTES)
    parser.add_argument("--discard", action="store_true", help="count, keep nothing")
    for field in fields(Faults):
        option = f"--{field.name.replace('_', '-')}"
        if field.name == "without":
            parser.add_argument(option, nargs="*", default=[], metavar="EXTENSION")
        elif field.type is bool:
            parser.add_argument(option, action="store_true")
        else:
            kind = float if field.type is float else int
            parser.add_argument(option, type=kind, default=field.default)
    return parser


if __name__ == "__main__":
    sys.exit(main())
