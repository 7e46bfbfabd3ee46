"""Messages as bytes, most of them made once per broadcast.

What all messages share (sender, list, MIME frame) is encoded once; a message adds its own
headers and two bodies. Bodies go as 8bit when their lines allow it (RFC 6152), otherwise as
base64 or quoted-printable.
"""

import base64
import binascii
import re
import secrets
import time
from datetime import UTC, datetime
from email.utils import format_datetime

from campaigns.channels.contracts import EmailStream, OutgoingEmail
from campaigns.channels.headers import (
    MessageRefused,
    check_mailbox,
    encode_address,
    encode_text,
    encode_unsubscribe,
    header,
)

MAX_LINE_BYTES = 998  # RFC 5322, 2.1.1, without the line end
_NOT_ASCII = bytes(range(128, 256))
_REF = re.compile(r"[A-Za-z0-9-]{1,64}")
_KEY = re.compile(r"[A-Za-z0-9-]{1,64}(?:\.[A-Za-z0-9-]{1,64})*")
_OWN_HEADERS = frozenset(
    {
        *("from", "to", "cc", "bcc", "subject", "date", "message-id", "mime-version", "sender"),
        *("content-type", "content-transfer-encoding", "reply-to", "return-path", "list-id"),
        *("list-unsubscribe", "list-unsubscribe-post", "feedback-id", "precedence"),
    }
)


class MimeTemplate:
    """Writes the messages of one stream.

    Raises:
        MessageRefused: the stream's own addresses or headers are wrong.

    """

    def __init__(self, stream: EmailStream) -> None:
        if not _KEY.fullmatch(stream.key):
            raise MessageRefused("The stream's key is wrong.", "bad_header")
        self.stream = stream
        check_mailbox(stream.return_path.replace("{ref}", "0" * 32))
        domain = check_mailbox(f"x@{stream.message_id_domain}").partition("@")[2]
        self._after_ref = f".{stream.key}@{domain}>\r\n".encode()
        boundary = f"=_{secrets.token_hex(12)}".encode()
        fixed = [b"From: %s\r\n" % encode_address(stream.from_)]
        if stream.reply_to is not None:
            fixed.append(b"Reply-To: %s\r\n" % encode_address(stream.reply_to))
        if stream.list_id:
            list_id = check_mailbox(f"x@{stream.list_id}").partition("@")[2]
            fixed.append(b"List-Id: <%s>\r\nPrecedence: bulk\r\n" % list_id.encode())
        if stream.feedback_id:
            fixed.append(header("Feedback-ID", stream.feedback_id))
        fixed += [_own_header(name, value) for name, value in stream.headers.items()]
        self._fixed = b"".join(fixed)
        self._opening = (
            b"MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n"
            b' boundary="%s"\r\n\r\n--%s\r\n'
        ) % (boundary, boundary)
        self._between = b"\r\n--%s\r\n" % boundary
        self._closing = b"\r\n--%s--\r\n" % boundary
        self._date = (0, b"")

    def return_path(self, message: OutgoingEmail) -> str:
        """The envelope sender."""
        return self.stream.return_path.replace("{ref}", _ref(message))

    def build(self, message: OutgoingEmail, *, eight_bit: bool = True) -> bytes:
        """The whole message, lines ended by CRLF.

        Args:
            message: of this stream.
            eight_bit: whether the next server takes 8BITMIME.

        Raises:
            MessageRefused: an address or a header that cannot be written.

        """
        pieces = [
            b"Message-ID: <%s" % _ref(message).encode(),
            self._after_ref,
            self._now(),
            self._fixed,
            b"To: %s\r\n" % encode_address(message.to),
            b"Subject: %s\r\n" % encode_text(message.subject),
            encode_unsubscribe(message.unsubscribe_url, message.unsubscribe_mailto),
        ]
        if message.headers:
            pieces += [_own_header(name, value) for name, value in message.headers.items()]
        bodies = [("plain", message.text)] if message.text or not message.html else []
        if message.html:
            bodies.append(("html", message.html))
        if len(bodies) == 1:
            pieces.append(b"MIME-Version: 1.0\r\n")
            pieces += (*encode_body(*bodies[0], eight_bit=eight_bit), b"\r\n")
            return b"".join(pieces)
        pieces.append(self._opening)
        pieces += encode_body(*bodies[0], eight_bit=eight_bit)
        pieces.append(self._between)
        pieces += encode_body(*bodies[1], eight_bit=eight_bit)
        pieces.append(self._closing)
        return b"".join(pieces)

    def _now(self) -> bytes:
        second = int(time.time())
        if self._date[0] != second:
            moment = format_datetime(datetime.fromtimestamp(second, UTC))
            self._date = (second, b"Date: %s\r\n" % moment.encode())
        return self._date[1]


def encode_body(subtype: str, text: str, *, eight_bit: bool) -> tuple[bytes, bytes]:
    """Headers of a text part with the empty line after them, and its body with CRLF lines."""
    raw = text.encode("utf-8", "replace")
    if b"\r" in raw:
        raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if b"\0" in raw:
        raw = raw.replace(b"\0", b"")
    body = raw.replace(b"\n", b"\r\n")
    if has_short_lines(body) and (eight_bit or body.isascii()):
        return _part_head(subtype, "8bit"), body
    if 6 * (len(raw) - len(raw.translate(None, _NOT_ASCII))) > len(raw):
        coded, encoding = base64.encodebytes(body), "base64"
    else:  # line feeds alone, or a text without any gets them as its soft line ends
        coded, encoding = binascii.b2a_qp(raw, istext=True), "quoted-printable"
    return _part_head(subtype, encoding), coded.replace(b"\n", b"\r\n")


def has_short_lines(body: bytes) -> bool:
    """Whether every CRLF line is within the limit; looks at every thousandth byte or so."""
    position, size = 0, len(body)
    while size - position > MAX_LINE_BYTES:
        found = body.rfind(b"\n", position, position + MAX_LINE_BYTES + 2)
        if found < 0:
            return False
        position = found + 1
    return True


def _part_head(subtype: str, encoding: str) -> bytes:
    return (
        f"Content-Type: text/{subtype}; charset=utf-8\r\n"
        f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    ).encode()


def _ref(message: OutgoingEmail) -> str:
    ref = message.ref or str(message.message_id)
    if not _REF.fullmatch(ref):
        raise MessageRefused("The message's ref is wrong.", "bad_header")
    return ref


def _own_header(name: str, value: str) -> bytes:
    if name.lower() in _OWN_HEADERS:
        raise MessageRefused(f"The header {name[:40]} is set by the platform.", "bad_header")
    return header(name, value)
