"""One SMTP connection: bytes out, replies in, and exact knowledge of what left."""

import base64
import select
import socket
import ssl
import time

from campaigns.channels.email.config import SmtpConfig, Tls
from campaigns.channels.email.replies import Reply

_CHUNK = 65_536
_MAX_REPLY_BYTES = 65_536


class ConnectionCut(Exception):
    """The connection ended, fell silent, or the server spoke no SMTP."""


class CannotConnect(Exception):
    """No usable connection; `code` is "unreachable", "auth_failed" or "tls_failed"."""

    def __init__(self, reason: str, code: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


class Connection:
    """Open, greeted, encrypted and logged in as the configuration says.

    Raises:
        CannotConnect: with the reason.

    """

    def __init__(self, config: SmtpConfig) -> None:
        self.handed = 0  # bytes the operating system took, all of this connection's life
        self.served = 0  # messages begun
        self.features: dict[str, str] = {}
        self._buffer = bytearray()
        self._timeout = config.connect_timeout
        try:
            self._socket = socket.create_connection(
                (config.host, config.port), timeout=config.connect_timeout
            )
        except OSError as error:
            raise CannotConnect(f"No connection: {_words(error)}", "unreachable") from error
        try:
            self._open(config)
        except (ConnectionCut, OSError) as error:
            self.close()
            code = "tls_failed" if isinstance(error, ssl.SSLError) else "unreachable"
            raise CannotConnect(f"No session: {_words(error)}", code) from error
        except CannotConnect:
            self.close()
            raise
        self._timeout = config.timeout

    def has(self, feature: str) -> bool:
        return feature in self.features

    @property
    def size_limit(self) -> int:
        """Bytes of a message, 0 without a limit."""
        value = self.features.get("SIZE", "")
        return int(value) if value.isdigit() else 0

    def is_alive(self) -> bool:
        """Asked by one round trip: a window sent into a dead connection would be in doubt."""
        if self._buffer or self._socket.fileno() < 0:
            return False
        poll = select.poll()
        poll.register(self._socket, select.POLLIN | select.POLLHUP | select.POLLERR)
        if poll.poll(0):  # an idle server says nothing; a word (421) or an end is the end
            return False
        try:
            return self.command("RSET").is_ok
        except ConnectionCut:
            return False

    def send(self, data: bytes) -> None:
        """Hands all bytes to the operating system.

        Raises:
            ConnectionCut: `handed` says how far it came.

        """
        deadline = time.monotonic() + self._timeout
        view = memoryview(data)
        try:
            while view:
                self._socket.settimeout(max(0.001, deadline - time.monotonic()))
                count = self._socket.send(view)
                self.handed += count
                view = view[count:]
        except OSError as error:
            raise ConnectionCut(_words(error)) from error

    def read_reply(self) -> Reply:
        """The next reply.

        Raises:
            ConnectionCut: none came in time, or what came is none.

        """
        deadline = time.monotonic() + self._timeout
        texts: list[str] = []
        size = 0
        while True:
            line = self._read_line(deadline)
            size += len(line)
            if len(line) < 3 or not line[:3].isdigit() or size > _MAX_REPLY_BYTES:
                raise ConnectionCut("The server's answer is no SMTP.")
            texts.append(line[4:].decode("utf-8", "replace").strip())
            if line[3:4] != b"-":
                return Reply(int(line[:3]), " ".join(texts))

    def command(self, line: str) -> Reply:
        self.send(line.encode() + b"\r\n")
        return self.read_reply()

    def quit(self) -> None:
        """Politely, without waiting for the answer."""
        try:
            self._socket.settimeout(0.5)
            self._socket.send(b"QUIT\r\n")
        except OSError:
            pass  # it is over either way
        self.close()

    def close(self) -> None:
        self._socket.close()

    def _read_line(self, deadline: float) -> bytes:
        while True:
            end = self._buffer.find(b"\n")
            if end >= 0:
                line = bytes(self._buffer[:end]).rstrip(b"\r")
                del self._buffer[: end + 1]
                return line
            if len(self._buffer) > _MAX_REPLY_BYTES:
                raise ConnectionCut("The server's answer has no end.")
            self._receive(deadline)

    def _receive(self, deadline: float) -> None:
        try:
            self._socket.settimeout(max(0.001, deadline - time.monotonic()))
            data = self._socket.recv(_CHUNK)
        except OSError as error:
            raise ConnectionCut(_words(error)) from error
        if not data:
            raise ConnectionCut("The server closed the connection.")
        self._buffer += data

    def _open(self, config: SmtpConfig) -> None:
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if config.tls is Tls.IMPLICIT:
            self._encrypt(config)
        greeting = self.read_reply()
        if not greeting.is_ok:
            raise CannotConnect(f"Greeting: {greeting.code} {greeting.text}"[:500], "unreachable")
        self._hello(config)
        if config.tls is Tls.STARTTLS and not self.has("STARTTLS"):
            raise CannotConnect("The server offers no TLS.", "tls_failed")
        if config.tls in {Tls.STARTTLS, Tls.MAY} and self.has("STARTTLS"):
            reply = self.command("STARTTLS")
            if not reply.is_ok or self._buffer:  # bytes before TLS: somebody in between
                raise CannotConnect(f"STARTTLS: {reply.code} {reply.text}"[:500], "tls_failed")
            self._encrypt(config)
            self._hello(config)
        if config.user:
            self._log_in(config)

    def _encrypt(self, config: SmtpConfig) -> None:
        context = config.ssl_context()
        self._socket = context.wrap_socket(self._socket, server_hostname=config.host)

    def _hello(self, config: SmtpConfig) -> None:
        self.send(b"EHLO %s\r\n" % config.helo.encode())
        deadline = time.monotonic() + self._timeout
        lines: list[bytes] = []
        while not lines or lines[-1][3:4] == b"-":
            lines.append(self._read_line(deadline))
        if not lines[0].startswith(b"250"):
            words = lines[0].decode("utf-8", "replace")
            raise CannotConnect(f"EHLO: {words}"[:500], "unreachable")
        pairs = (line[4:].decode("ascii", "replace").partition(" ") for line in lines[1:])
        self.features = {name.upper(): value.strip() for name, _space, value in pairs}

    def _log_in(self, config: SmtpConfig) -> None:
        methods = self.features.get("AUTH", "").upper().split()
        if "PLAIN" in methods:
            secret = f"\0{config.user}\0{config.password}".encode()
            reply = self.command(f"AUTH PLAIN {base64.b64encode(secret).decode()}")
        elif "LOGIN" in methods:
            reply = self.command("AUTH LOGIN")
            for word in (config.user, config.password):
                if reply.code == 334:
                    reply = self.command(base64.b64encode(word.encode()).decode())
        else:
            raise CannotConnect("The server offers no login we know.", "auth_failed")
        if not reply.is_ok:
            raise CannotConnect(f"Login: {reply.code} {reply.text}"[:500], "auth_failed")


def _words(error: BaseException) -> str:
    return (str(error) or type(error).__name__)[:300]
