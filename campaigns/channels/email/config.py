"""Where and how to hand mail over, as one URL.

    smtp://user:password@mail.example:587?tls=starttls&window=16&timeout=60

Scheme smtps means TLS from the first byte (port 465). Parameters: tls = none | may | starttls,
window, timeout, connect_timeout (seconds), per_connection (messages, 0 without limit), helo,
ca (file of trusted certificates).
"""

import re
import ssl
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import parse_qs, unquote, urlsplit

_PARAMETERS = frozenset(
    {"tls", "window", "timeout", "connect_timeout", "per_connection", "helo", "ca"}
)


class Tls(StrEnum):
    NONE = "none"
    MAY = "may"  # when the server offers it, without a check of its certificate (RFC 7435)
    STARTTLS = "starttls"  # or not at all
    IMPLICIT = "implicit"


@dataclass(frozen=True, slots=True)
class SmtpConfig:
    """One mail server.

    Args:
        host: name or address.
        port: TCP port.
        tls: what to demand.
        user: "" sends without a login.
        password: never shown.
        window: messages on the way at once, where the server has CHUNKING (RFC 3030);
            elsewhere one, with the next one's envelope behind it. It bounds what a cut
            connection leaves in doubt.
        timeout: seconds for one answer.
        connect_timeout: seconds for the connection and its greeting.
        per_connection: messages before a fresh connection, 0 without limit.
        helo: our name; the server's view of us.
        ca: file of trusted certificates, "" for the system's.

    """

    host: str
    port: int
    tls: Tls = Tls.MAY
    user: str = ""
    password: str = field(default="", repr=False)
    window: int = 16
    timeout: float = 60.0
    connect_timeout: float = 10.0
    per_connection: int = 0
    helo: str = "localhost"
    ca: str = ""

    @classmethod
    def from_url(cls, url: str) -> "SmtpConfig":
        """The server of a URL.

        Raises:
            ValueError: not such a URL, an unknown parameter, a password that would travel in
                the clear.

        """
        parts = urlsplit(url)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise ValueError("A mail server is smtp://host:port or smtps://host:port.")
        values = {name: found[-1] for name, found in parse_qs(parts.query).items()}
        if unknown := sorted(values.keys() - _PARAMETERS):
            raise ValueError(f"Unknown parameters of a mail server: {', '.join(unknown)}.")
        helo = values.get("helo", "localhost")
        if not re.fullmatch(r"[A-Za-z0-9.:\[\]-]+", helo):
            raise ValueError("Our name (helo) is a host's name.")
        user = unquote(parts.username or "")
        default = Tls.STARTTLS if user else Tls.MAY
        tls = Tls.IMPLICIT if parts.scheme == "smtps" else Tls(values.get("tls", default))
        if user and tls is Tls.MAY:
            raise ValueError("A login needs tls=starttls, or tls=none for a server close by.")
        port = {Tls.IMPLICIT: 465}.get(tls, 587 if user else 25)
        return cls(
            host=parts.hostname,
            port=parts.port or port,
            tls=tls,
            user=user,
            password=unquote(parts.password or ""),
            window=max(1, int(values.get("window", "16"))),
            timeout=float(values.get("timeout", "60")),
            connect_timeout=float(values.get("connect_timeout", "10")),
            per_connection=int(values.get("per_connection", "0")),
            helo=helo,
            ca=values.get("ca", ""),
        )

    def ssl_context(self) -> ssl.SSLContext:
        if self.tls is Tls.MAY:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            return context
        return ssl.create_default_context(cafile=self.ca or None)
