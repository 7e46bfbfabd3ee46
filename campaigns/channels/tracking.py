"""Opaque signed tokens of a message's own addresses: open pixel, click, refusal.

Token, 36 bytes as 48 characters of base64url, no expiry (a refusal must work for years):

    key id (1) | nonce (9) | ids, encrypted (16) | tag of the purpose (10)

nonce = HMAC-SHA256(k1, ids) cut to 72 bits, so equal ids give equal tokens (RFC 5297 has the
idea); the ids are covered by HMAC-SHA256(k2, nonce), so a token tells nothing of our numbers;
one HMAC-SHA256(k3, everything before) is cut into 80-bit tags, one a purpose, so a pixel's
address opens no refusal and one message costs three HMACs, not six. 80 bits is the least
RFC 2104 allows; every guess is a request to us.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from cvm_platform.common.crypto import KEY_BYTES, derive

_TENANT, _MESSAGE, _CUSTOMER = 4, 6, 6
_IDS = _TENANT + _MESSAGE + _CUSTOMER
_NONCE, _TAG = 9, 10
_HEAD = 1 + _NONCE + _IDS
TOKEN_CHARACTERS = (_HEAD + _TAG) * 4 // 3
TOKEN_PATTERN = rf"[A-Za-z0-9_-]{{{TOKEN_CHARACTERS}}}"
_BASE_URL = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(?:/[A-Za-z0-9._~-]+)*")


class Purpose(Enum):
    """What a token opens; the value is the tag's place."""

    CLICK = 0
    OPEN = 1
    UNSUBSCRIBE = 2


@dataclass(frozen=True, slots=True)
class Tracked:
    """Whose token it was. Internal ids, never shown."""

    tenant_id: int
    message_id: int
    customer_id: int


@dataclass(frozen=True, slots=True)
class MessageUrls:
    """The addresses of one message; a link's is `click_base` and its number."""

    click_base: str
    open_url: str
    unsubscribe_url: str


class TrackingKeys:
    """Signing keys by id (0-255). Old keys stay as long as messages signed with them matter."""

    def __init__(self, keys: Mapping[int, bytes], *, active: int) -> None:
        if active not in keys:
            raise ValueError("The active key is not among the keys.")
        if any(len(key) != KEY_BYTES or not 0 <= kid <= 255 for kid, key in keys.items()):
            raise ValueError(f"Keys have {KEY_BYTES} bytes and ids from 0 to 255.")
        self.active = active
        self._parts = {
            kid: tuple(derive(key, f"tracking:{name}") for name in ("nonce", "ids", "tags", "link"))
            for kid, key in keys.items()
        }

    def parts(self, key_id: int) -> tuple[bytes, ...] | None:
        return self._parts.get(key_id)


class Tracker:
    """Makes and reads the addresses under one base URL ("https://go.shop.example")."""

    def __init__(self, keys: TrackingKeys, base_url: str) -> None:
        base_url = base_url.rstrip("/")
        if not _BASE_URL.fullmatch(base_url):
            raise ValueError("A tracking address is http(s)://host[:port][/path].")
        self._keys = keys
        self._base_url = base_url
        self._sign = lru_cache(maxsize=10_000)(self._link_signature)

    def urls(self, tracked: Tracked) -> MessageUrls:
        head, tags = self._seal(tracked)
        click, opened, refusal = (
            base64.urlsafe_b64encode(head + tags[at : at + _TAG]).decode()
            for at in (0, _TAG, 2 * _TAG)
        )
        base = self._base_url
        return MessageUrls(f"{base}/c/{click}/", f"{base}/o/{opened}.gif", f"{base}/u/{refusal}")

    def read(self, token: str, purpose: Purpose) -> Tracked | None:
        """Whose token it is; None for a forged, cut or foreign one, or another purpose's."""
        try:
            raw = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
        except (binascii.Error, UnicodeEncodeError, ValueError):
            return None
        parts = self._keys.parts(raw[0]) if len(raw) == _HEAD + _TAG else None
        if parts is None:
            return None
        head, tag = raw[:_HEAD], raw[_HEAD:]
        place = purpose.value * _TAG
        expected = hmac.digest(parts[2], head, "sha256")[place : place + _TAG]
        if not hmac.compare_digest(tag, expected):
            return None
        ids = _cover(parts[1], head[1 : 1 + _NONCE], head[1 + _NONCE :])
        return Tracked(
            int.from_bytes(ids[:_TENANT], "big"),
            int.from_bytes(ids[_TENANT : _TENANT + _MESSAGE], "big"),
            int.from_bytes(ids[_TENANT + _MESSAGE :], "big"),
        )

    def sign_link(self, tenant_id: int, url: str) -> str:
        """For targets that a customer's values make up whole: without it, an open redirect."""
        return self._sign(self._keys.active, tenant_id, url)

    def check_link(self, tenant_id: int, url: str, signature: str) -> bool:
        key_id = signature.partition(".")[0]
        if not re.fullmatch(r"\d{1,3}", key_id, re.ASCII) or not signature.isascii():
            return False
        if self._keys.parts(int(key_id)) is None:
            return False
        expected = self._link_signature(int(key_id), tenant_id, url)
        return hmac.compare_digest(signature, expected)

    def _link_signature(self, key_id: int, tenant_id: int, url: str) -> str:
        parts = self._keys.parts(key_id)
        if parts is None:
            raise KeyError(key_id)
        tag = hmac.digest(parts[3], f"{tenant_id} {url}".encode(), "sha256")[:12]
        return f"{key_id}.{base64.urlsafe_b64encode(tag).decode()}"

    def _seal(self, tracked: Tracked) -> tuple[bytes, bytes]:
        key_id = self._keys.active
        parts = self._keys.parts(key_id)
        if parts is None:
            raise KeyError(key_id)
        ids = (
            tracked.tenant_id.to_bytes(_TENANT, "big")
            + tracked.message_id.to_bytes(_MESSAGE, "big")
            + tracked.customer_id.to_bytes(_CUSTOMER, "big")
        )
        nonce = hmac.digest(parts[0], ids, "sha256")[:_NONCE]
        head = bytes((key_id,)) + nonce + _cover(parts[1], nonce, ids)
        return head, hmac.digest(parts[2], head, "sha256")


def _cover(key: bytes, nonce: bytes, ids: bytes) -> bytes:
    stream = hmac.digest(key, nonce, "sha256")[:_IDS]
    return (int.from_bytes(ids, "big") ^ int.from_bytes(stream, "big")).to_bytes(_IDS, "big")
