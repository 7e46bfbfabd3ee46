"""Mail headers: encoded words, addresses, and no line of a stranger's making.

RFC 5322 (format), RFC 2047 (encoded words), RFC 5321 (limits), RFC 8058 (one-click refusal).
"""

import binascii
import re
from functools import lru_cache

from campaigns.channels.contracts import Address, Fault

_PLAIN = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,70}")
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_URL = re.compile(r"[!#-;=?-\[\]^-~]{1,900}")  # printable ASCII without quotes, <> and backslash
_FIRST, _NEXT = 36, 45  # bytes of an encoded word: lines stay within 76 characters


class MessageRefused(ValueError):
    """A message that cannot be written down; nothing was sent.

    Args:
        reason: without personal data.
        code: "bad_address", "bad_header".
        fault: RECIPIENT for an impossible address.

    """

    def __init__(self, reason: str, code: str, fault: Fault = Fault.MESSAGE) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.fault = fault


def header(name: str, value: str) -> bytes:
    """One whole header field with its line end.

    Raises:
        MessageRefused: the value has a line end or another control character in it.

    """
    if not _NAME.fullmatch(name):
        raise MessageRefused("The name of a header is wrong.", "bad_header")
    return b"%s: %s\r\n" % (name.encode(), encode_text(value))


def encode_text(value: str) -> bytes:
    """Text of a header, folded into encoded words when it is not short and plain."""
    if _CONTROL.search(value):
        raise MessageRefused("A header has a line end or a control character.", "bad_header")
    if not value:
        return b""
    if _PLAIN.fullmatch(value) and "=?" not in value:
        return value.encode()
    raw = value.encode("utf-8", "replace")
    words = []
    start, size = 0, _FIRST
    while start < len(raw):
        end = start + size
        while end < len(raw) and raw[end] & 0xC0 == 0x80:
            end -= 1
        coded = binascii.b2a_base64(raw[start:end], newline=False)
        words.append(b"=?utf-8?B?%s?=" % coded)
        start, size = end, _NEXT
    return b"\r\n ".join(words)


def encode_address(address: Address) -> bytes:
    """`"Name" <mailbox>`; the name may be in any script."""
    mailbox = check_mailbox(address.email).encode()
    if not address.name.strip():
        return mailbox
    name = re.sub(r"\s+", " ", address.name).strip()
    if _PLAIN.fullmatch(name) and "=?" not in name:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return b'"%s"\r\n <%s>' % (quoted.encode(), mailbox)
    return b"%s\r\n <%s>" % (encode_text(name), mailbox)


def check_mailbox(email: str) -> str:
    """The address as the wire wants it: ASCII, an international domain in punycode.

    Raises:
        MessageRefused: no mail server of the world takes such an address from us. Local parts
            outside ASCII would need SMTPUTF8 (RFC 6531) all the way.

    """
    local, at, domain = email.rpartition("@")
    if not at or len(local) > 64 or not _LOCAL.fullmatch(local):
        raise MessageRefused("The address is wrong.", "bad_address", Fault.RECIPIENT)
    return f"{local}@{_check_domain(domain)}"


def encode_unsubscribe(url: str, mailto: str) -> bytes:
    """Both headers of RFC 8058; nothing without a URL."""
    if not url:
        return b""
    if not _URL.fullmatch(url) or not url.startswith(("https://", "http://")):
        raise MessageRefused("The refusal address is wrong.", "bad_header")
    extra = f",\r\n <mailto:{check_mailbox(mailto)}?subject=unsubscribe>" if mailto else ""
    return (
        f"List-Unsubscribe: <{url}>{extra}\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    ).encode()


@lru_cache(maxsize=4096)
def _check_domain(domain: str) -> str:
    try:
        ascii_domain = domain if domain.isascii() else domain.encode("idna").decode()
    except UnicodeError:
        ascii_domain = ""
    if len(ascii_domain) > 253 or not all(
        _LABEL.fullmatch(label) for label in ascii_domain.split(".")
    ):
        raise MessageRefused("The address's domain is wrong.", "bad_address", Fault.RECIPIENT)
    return ascii_domain
